package import SyncProtocol

/// What came of a session that ended without a failure.
package struct DrivenSession: Sendable {
  package let outcome: SessionOutcome
  package var costs: SessionCosts
}

/// How far a session is, in positions of the logs.
package enum SessionProgress: Sendable {
  case received(position: UInt64, end: UInt64)
  case sent(position: UInt64, end: UInt64)
  /// Both sides are equal, and the session stays open; what follows comes as it happens.
  case live(SessionOutcome)
  /// Live: the peer has everything up to this position of our log, and what it brought itself; of that,
  /// so many changes went over the line since this was said last.
  case delivered(position: UInt64, changeCount: Int)
  /// Live: so many changes came that were not here before.
  case stored(changeCount: Int)
}
