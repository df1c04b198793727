import SyncTransport

/// What a sync prints.
struct SyncReport: Encodable {
  struct StagesJSON: Encodable {
    let prepare: Double
    let connect: Double
    let greet: Double
    let exchange: Double
    let conclude: Double
    let digest: Double
  }

  let sessions: Int
  let round_trips: Int
  let bytes_sent: Int
  let bytes_received: Int
  /// As they would be without compression.
  let plain_bytes_sent: Int
  let plain_bytes_received: Int
  let packs_sent: Int
  let packs_received: Int
  let changes_sent: Int
  let changes_received: Int
  /// All stages but the digest's.
  let seconds: Double
  let stage_seconds: StagesJSON
  /// Within the stages, beside the network.
  let store_read_seconds: Double
  let store_write_seconds: Double
  let digest: String
  let equal: Bool
  let clock_offset_ms: Int64

  init(sessions: SyncedSessions, stages: SyncStages, digest: String) {
    let (costs, tally) = (sessions.costs, sessions.tally)
    self.sessions = sessions.count
    round_trips = tally.roundTrips
    bytes_sent = costs.bytesSent
    bytes_received = costs.bytesReceived
    plain_bytes_sent = costs.plainBytesSent
    plain_bytes_received = costs.plainBytesReceived
    packs_sent = tally.packsSent
    packs_received = tally.packsReceived
    changes_sent = tally.changesSent
    changes_received = tally.changesReceived
    seconds = stages.total.seconds
    stage_seconds = StagesJSON(
      prepare: stages.preparing.seconds,
      connect: stages.connecting.seconds,
      greet: stages.greeting.seconds,
      exchange: stages.exchanging.seconds,
      conclude: stages.concluding.seconds,
      digest: stages.comparing.seconds
    )
    store_read_seconds = costs.reading.seconds
    store_write_seconds = costs.storing.seconds
    equal = sessions.last.verdict == .equal
    clock_offset_ms = sessions.last.clockOffset
    self.digest = digest
  }

  /// One line for people.
  var sentence: String {
    changes_sent + changes_received == 0
      ? "nothing new" : "sent \(changes_sent) and received \(changes_received) changes"
  }

  /// What went over the line, and how long it took, line by line.
  var statistics: [String] {
    [
      "round trips  \(round_trips)",
      "sent         \(bytes_sent) bytes, \(plain_bytes_sent) before compression, "
        + "\(packs_sent) packs, \(changes_sent) changes",
      "received     \(bytes_received) bytes, \(plain_bytes_received) before compression, "
        + "\(packs_received) packs, \(changes_received) changes",
      "seconds      \(rounded(seconds)): prepare \(rounded(stage_seconds.prepare)), "
        + "connect \(rounded(stage_seconds.connect)), greet \(rounded(stage_seconds.greet)), "
        + "exchange \(rounded(stage_seconds.exchange)), "
        + "conclude \(rounded(stage_seconds.conclude))",
      "store        \(rounded(store_read_seconds)) seconds reading, "
        + "\(rounded(store_write_seconds)) writing",
      "digest       \(digest)",
    ]
  }

  private func rounded(_ seconds: Double) -> Double { (seconds * 1000).rounded() / 1000 }

  /// Says what came of it.
  ///
  /// - Throws: ``VerbFailure`` when the two sides ended differently.
  func write(json: Bool, stats: Bool, isQuiet: Bool) throws {
    if json {
      try JSONOutput.write(self)
    } else {
      if stats { for line in statistics { Console.write(line) } }
      if !isQuiet { Console.note(sentence) }
    }
    if !isQuiet, let skew = ClockSkew.sentence(clock_offset_ms) { Console.note(skew) }
    guard equal else {
      throw VerbFailure(
        .failed,
        "everything went over, and still the remote holds other changes: run 'stet sync' again"
      )
    }
  }
}

extension Duration {
  fileprivate var seconds: Double { self / .seconds(1) }
}
