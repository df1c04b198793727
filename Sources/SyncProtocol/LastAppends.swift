internal import ChangeLog

/// What is left to do of a session that the peer has ended: packs that came and are not stored yet.
///
/// What is stored needs not come again: so a copy over a line that keeps breaking comes to its end.
package struct LastAppends: Sendable {
  private let peer: StoreID
  private let limits: SyncLimits
  private var inbound: Inbound
  private var ending: Ending

  /// What the session comes to afterwards.
  enum Ending: Sendable {
    case finished(SessionOutcome)
    case failed(PeerFailure)
    /// The failure came from the peer.
    case told(PeerFailure)
  }

  enum Step {
    case goesOn([SessionEffect])
    case ends([SessionEffect])
  }

  /// - `inbound`: with an append that is under way.
  init(of inbound: Inbound, from peer: StoreID, limits: SyncLimits, then ending: Ending) {
    self.inbound = inbound
    self.peer = peer
    self.limits = limits
    self.ending = ending
  }

  mutating func handle(_ event: SessionEvent) -> Step {
    switch event {
    case .stored(_, let receipt):
      inbound.stored()
      if case .finished(var outcome) = ending {
        outcome.tally.changesReceived += receipt.newChangeCount
        ending = .finished(outcome)
      }
      guard let packs = inbound.nextAppend(limits: limits) else { return .ends([effect]) }
      return .goesOn([.append(packs, from: peer)])
    case .refused(let failure):
      return .ends([.fail(failure)])
    case .leave:
      return .ends([effect])
    case .opened, .received, .viewed, .gotFrontier, .gotPacks, .ended, .grown, .quiet:
      // Answers to what was asked for the peer, who is gone.
      return .goesOn([])
    }
  }

  /// What ends the session.
  var effect: SessionEffect {
    switch ending {
    case .finished(let outcome): .finish(outcome)
    case .failed(let failure): .fail(failure)
    case .told(let failure): .end(failure)
    }
  }
}
