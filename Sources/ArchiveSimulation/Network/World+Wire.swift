internal import ChangeLog
internal import SyncProtocol
internal import SyncSimulation

/// Frames between the machines of two endpoints, and how connections end.
extension World {
  // MARK: - Bytes on their way

  func send(_ message: SyncMessage, from endpoint: Endpoint, over connection: Connection) {
    var frame = endpoint.version.encoded(message).flatMap { FrameDecoder.frame($0) }
    if connection.framesUntilCorruption == 0 {
      var random = SeededRandom(seed: plan.seed &+ UInt64(connection.number))
      let place = Int.random(in: 0..<frame.count, using: &random)
      frame[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      taint(connection)
      count(.corruptedByte)
    }
    connection.framesUntilCorruption = connection.framesUntilCorruption.map { $0 - 1 }
    transmit(frame, from: endpoint, over: connection)
    if connection.framesUntilDeafness == 0 {
      connection.deafEndpoint = connection.other(than: endpoint)
      note("connection \(connection.number): \(endpoint.machine.name) is not heard any more")
      count(.oneWayPartition)
    }
    connection.framesUntilDeafness = connection.framesUntilDeafness.map { $0 - 1 }
    if connection.framesUntilPartition == 0, !connection.isBroken {
      connection.isPartitioned = true
      note("connection \(connection.number): neither side is heard any more")
      count(.partition)
    }
    connection.framesUntilPartition = connection.framesUntilPartition.map { $0 - 1 }
    if connection.framesUntilBreak == 0 {
      count(.brokenConnection)
      disconnect(connection)
    }
    connection.framesUntilBreak = connection.framesUntilBreak.map { $0 - 1 }
  }

  func transmit(_ bytes: [UInt8], from endpoint: Endpoint, over connection: Connection) {
    endpoint.lastActivity = time.now
    let receiver = connection.other(than: endpoint)
    guard !connection.isBroken, !connection.isDeaf(receiver) else { return }
    // In one piece or two: a stream has no frames.
    let cut = eventCount % 4 == 0 ? bytes.count / 2 : bytes.count
    for part in [bytes[..<cut], bytes[cut...]] where !part.isEmpty {
      receiver.nextArrival = max(receiver.nextArrival, time.now + latency(connection))
      schedule(at: receiver.nextArrival) { [unowned self] in
        try arrive(Array(part), at: receiver, connection)
      }
    }
  }

  /// A liar begins with a frame that is larger than any greeting, and does not come to its end.
  func sendEndlessFrame(over connection: Connection) {
    for liar in [connection.dialler, connection.answerer] where liar.isLiar {
      let message = Array(repeating: UInt8(0), count: 3 * SyncLimits().greetingByteLimit)
      transmit(Array(FrameDecoder.frame(message).dropLast()), from: liar, over: connection)
    }
  }

  private func schedule(at moment: Int64, _ task: @escaping () throws -> Void) {
    plan(after: moment - time.now, task)
  }

  private func arrive(
    _ bytes: [UInt8],
    at endpoint: Endpoint,
    _ connection: Connection
  ) throws {
    guard endpoint.isAlive, !connection.isBroken, !connection.isPartitioned else { return }
    endpoint.lastActivity = time.now
    endpoint.lastHeard = time.now
    endpoint.decoder.append(bytes)
    endpoint.bounds.arrived(bytes.count)
    do throws(PeerFailure) {
      while let frame = try endpoint.decoder.next() {
        endpoint.bounds.decoded(frame)
        let message = try MessageCodec.decode(frame, limits: endpoint.machine.limits)
        if let message { happen(.received(message), at: endpoint, connection) }
      }
    } catch {
      happen(.refused(error), at: endpoint, connection)
      return
    }
    if !endpoint.isLiar { try endpoint.bounds.judgeUndecoded() }
  }

  // MARK: - Ends

  /// One side closes: the other hears of it after everything that was sent before.
  func hangUp(_ endpoint: Endpoint, _ connection: Connection) {
    let other = connection.other(than: endpoint)
    guard !connection.isDeaf(other) else { return }
    schedule(at: max(other.nextArrival, time.now) + 1) { [unowned self] in
      guard !connection.isBroken, !connection.isPartitioned else { return }
      happen(.ended, at: other, connection)
    }
  }

  /// The connection is gone, with what is on its way; both sides notice, some time later, unless nothing
  /// reaches them any more.
  func disconnect(_ connection: Connection) {
    guard !connection.isBroken, !connection.isOver else { return }
    connection.isBroken = true
    note("connection \(connection.number) breaks")
    guard !connection.isPartitioned else { return }
    for endpoint in [connection.dialler, connection.answerer] {
      plan(after: latency(connection)) { [unowned self] in
        happen(.ended, at: endpoint, connection)
      }
    }
  }

  /// Closes the connection when nothing was read or written for as long as the limits allow.
  func watchSilence(of endpoint: Endpoint, _ connection: Connection) {
    let limit = endpoint.machine.limits.silenceLimit
    schedule(at: endpoint.lastActivity + limit) { [unowned self] in
      guard endpoint.isAlive else { return }
      guard time.now - endpoint.lastActivity >= limit else {
        watchSilence(of: endpoint, connection)
        return
      }
      note("connection \(connection.number): \(endpoint.machine.name) hears nothing")
      happen(.ended, at: endpoint, connection)
      hangUp(endpoint, connection)
    }
  }
}
