import SyncProtocol
import SyncTransport

/// The sessions of one sync, added up.
struct SyncedSessions {
  let count: Int
  let costs: SessionCosts
  let tally: SessionTally
  /// How the newest ended.
  let last: SessionOutcome

  init(_ session: DrivenSession, after earlier: SyncedSessions?) {
    last = session.outcome
    guard let earlier else {
      (count, costs, tally) = (1, session.costs, last.tally)
      return
    }
    count = earlier.count + 1
    costs = earlier.costs + session.costs
    var tally = earlier.tally
    tally.roundTrips += last.tally.roundTrips
    tally.packsSent += last.tally.packsSent
    tally.packsReceived += last.tally.packsReceived
    tally.changesSent += last.tally.changesSent
    tally.changesReceived += last.tally.changesReceived
    self.tally = tally
  }
}

/// How long the stages of one sync took, one after the other.
struct SyncStages {
  private var start = ContinuousClock.now
  /// Making the replica ready to speak.
  private(set) var preparing = Duration.zero
  /// Until the other side was reached, ssh's log-in not included: that counts as greeting.
  private(set) var connecting = Duration.zero
  /// Until its welcome.
  private(set) var greeting = Duration.zero
  /// Until the sessions' end; what else happened between sessions included.
  private(set) var exchanging = Duration.zero
  /// Noting what came of it.
  private(set) var concluding = Duration.zero
  /// Computing the digest to print.
  private(set) var comparing = Duration.zero

  var total: Duration { preparing + connecting + greeting + exchanging + concluding }

  mutating func isPrepared() { preparing = next() }

  mutating func isExchanged(_ costs: SessionCosts) {
    (connecting, greeting) = (costs.connecting, costs.greeting)
    exchanging = next() - connecting - greeting
  }

  mutating func isConcluded() { concluding = next() }

  mutating func isCompared() { comparing = next() }

  /// Time since the stage before.
  private mutating func next() -> Duration {
    let now = ContinuousClock.now
    defer { start = now }
    return now - start
  }
}
