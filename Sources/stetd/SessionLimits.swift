import ArgumentParser
import SyncProtocol

/// What the hub gives its peers at most.
struct SessionLimits: ParsableArguments {
  private static let defaults = SyncLimits()
  private static let mebibyte = 1 << 20

  @Option(help: "Connections that are answered at once; more are closed.")
  var connections = SessionLimits.defaults.connectionLimit

  @Option(help: "Packs sent to one peer and not yet acknowledged, MiB.")
  var window = SessionLimits.defaults.windowByteLimit / mebibyte

  @Option(help: "Seconds after which a connection is closed over which nothing went.")
  var silence = Int(SessionLimits.defaults.silenceLimit / 1000)

  func validate() throws {
    guard (1...100_000).contains(connections) else {
      throw ValidationError("--connections takes a number from 1 to 100000")
    }
    guard (1...Self.largestWindow).contains(window) else {
      throw ValidationError("--window takes MiB, from 1 to \(Self.largestWindow)")
    }
    guard (Self.leastSilence...86_400).contains(silence) else {
      throw ValidationError("--silence takes seconds, from \(Self.leastSilence) to 86400")
    }
  }

  /// What a peer takes in before it has stored any of it, less a pack that may be above the window, MiB.
  private static let largestWindow =
    (defaults.backlogByteLimit - defaults.frameByteLimit) / mebibyte
  /// A peer who stays may be silent for two of its intervals; and some time on the way, s.
  private static let leastSilence = Int(2 * defaults.quietInterval / 1000) + 5

  var syncLimits: SyncLimits {
    var limits = SyncLimits()
    limits.connectionLimit = connections
    limits.windowByteLimit = window * Self.mebibyte
    limits.silenceLimit = Int64(silence) * 1000
    return limits
  }
}
