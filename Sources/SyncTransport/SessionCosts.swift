/// What a session took, as those measured it who carried it out: the session itself has no clock and
/// sees no bytes.
package struct SessionCosts: Sendable {
  /// Bytes of the application, frames included, without what TCP or ssh adds.
  package var bytesSent = 0
  package var bytesReceived = 0
  /// The same as they would be without compression.
  ///
  /// Counted for the dialler only: a hub that serves many looks into no pack on its way.
  package var plainBytesSent = 0
  package var plainBytesReceived = 0
  /// Until the connection stood, or the program at its other end ran.
  package var connecting = Duration.zero
  /// From there until the peer's greeting.
  package var greeting = Duration.zero
  /// From there to the end.
  package var exchanging = Duration.zero
  /// What the store took to read, and to write, while the session went on.
  package var reading = Duration.zero
  package var storing = Duration.zero

  package init() {}

  package static func + (left: SessionCosts, right: SessionCosts) -> SessionCosts {
    var sum = left
    sum.bytesSent += right.bytesSent
    sum.bytesReceived += right.bytesReceived
    sum.plainBytesSent += right.plainBytesSent
    sum.plainBytesReceived += right.plainBytesReceived
    sum.connecting += right.connecting
    sum.greeting += right.greeting
    sum.exchanging += right.exchanging
    sum.reading += right.reading
    sum.storing += right.storing
    return sum
  }
}
