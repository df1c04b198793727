internal import ChangeLog

/// A session that stays open after the exchange, or where both sides were equal: each sends what comes into its log, as it comes.
///
/// What a side still has to send is a position in its log and no queue, so that a peer who reads slowly
/// costs the window and nothing else: the log is read on when there is room.
package struct LiveExchange: Sendable {
  package enum Role: Sendable {
    case dialler
    case answerer
  }

  private enum Silence: Sendable {
    case none
    /// Dialler: has asked whether the peer is still there.
    case asked
  }

  private let role: Role
  private let peer: StoreID
  /// This side's store, as the greeting named it.
  private let own: StoreID
  private let limits: SyncLimits
  private var stream: PackStream
  private var inbound = Inbound()
  private var silence = Silence.none
  /// Of what went so far.
  private(set) var outcome: SessionOutcome

  /// - `stream`: of this side's packs; it has come to its end.
  /// - `outcome`: of what went before; it names the peer.
  init(
    as role: Role,
    own: StoreID,
    stream: PackStream,
    limits: SyncLimits,
    outcome: SessionOutcome
  ) {
    guard let peer = outcome.peerStore else {
      preconditionFailure("a session that went well knows its peer")
    }
    self.role = role
    self.peer = peer
    self.own = own
    self.stream = stream
    self.limits = limits
    self.outcome = outcome
  }

  /// A session whose sides were equal from the beginning.
  ///
  /// - `end`: of this side's log.
  init(as role: Role, end: Cursor, limits: SyncLimits, outcome: SessionOutcome) {
    let stream = PackStream(
      after: end.position,
      upTo: end.position,
      selection: .notFrom(outcome.peerStore ?? end.store)
    )
    self.init(as: role, own: end.store, stream: stream, limits: limits, outcome: outcome)
  }

  /// The first effects: the dialler says that it stays, and the answerer that it heard.
  var beginning: [SessionEffect] {
    switch role {
    case .dialler: [.send(.stay), .stay(outcome), .watchSilence]
    case .answerer: [.send(.stay), .stay(outcome)]
    }
  }

  enum Step {
    case goesOn([SessionEffect])
    case ends([SessionEffect])
    /// The peer ended the session, and what came from it is stored.
    case stores(LastAppends)
  }

  mutating func handle(_ event: SessionEvent) -> Step {
    switch event {
    case .received(let message):
      silence = .none
      return receive(message)
    case .grown(let end):
      guard end.store == own else { return .ends([.fail(.renamed)]) }
      stream.extend(upTo: end.position, selection: .notFrom(peer))
      return .goesOn(pump())
    case .gotPacks(let batch):
      stream.sent(batch)
      outcome.tally.packsSent += batch.packs.count
      outcome.tally.changesSent += batch.changeCount
      return .goesOn(batch.packs.map { .send(.pack($0)) } + pump())
    case .stored(let position, let receipt):
      inbound.stored()
      outcome.tally.changesReceived += receipt.newChangeCount
      return .goesOn([.send(.acknowledgement(position: position))] + pump())
    case .quiet:
      return quiet()
    case .leave:
      return leave()
    case .refused(let failure):
      return .ends([.fail(failure)])
    case .ended:
      return ended()
    case .opened, .viewed, .gotFrontier:
      return .ends([.fail(.unexpected("both sides are equal already"))])
    }
  }

  private mutating func receive(_ message: SyncMessage) -> Step {
    switch message {
    case .pack(let delivery):
      guard inbound.receive(delivery, limits: limits) else {
        return .ends([.fail(.unexpected("more packs than the window allows"))])
      }
      outcome.tally.packsReceived += 1
      return .goesOn(pump())
    case .acknowledgement(let position):
      stream.acknowledged(upTo: position)
      return .goesOn(pump())
    case .stay:
      // The dialler asks, and hears this as the answer.
      return .goesOn(role == .answerer ? [.send(.stay)] : [])
    case .failure(let failure):
      return ended(.told(failure))
    case .hello, .welcome, .birth, .frontierDigests, .frontierHeads, .sent, .done:
      return .ends([.fail(.unexpected("both sides are equal already"))])
    }
  }

  /// Nothing came for a while: the dialler asks once, and gives up when nothing comes again.
  private mutating func quiet() -> Step {
    switch (role, silence) {
    case (.answerer, _): return .goesOn([])
    case (.dialler, .none):
      silence = .asked
      return .goesOn([.send(.stay)])
    case (.dialler, .asked): return ended()
    }
  }

  private func leave() -> Step {
    switch role {
    case .dialler: .ends([.finish(outcome)])
    case .answerer: .ends([.fail(.shuttingDown)])
    }
  }

  private func ended() -> Step {
    switch role {
    case .dialler: return ended(.failed(.lost))
    case .answerer:
      var outcome = outcome
      outcome.verdict = .delivered
      return ended(.finished(outcome))
    }
  }

  private func ended(_ ending: LastAppends.Ending) -> Step {
    let last = LastAppends(of: inbound, from: peer, limits: limits, then: ending)
    return inbound.isIdle ? .ends([last.effect]) : .stores(last)
  }

  private mutating func pump() -> [SessionEffect] {
    var effects: [SessionEffect] = []
    if let packs = inbound.nextAppend(limits: limits) { effects.append(.append(packs, from: peer)) }
    if let request = stream.nextRequest(limits: limits) { effects.append(.getPacks(request)) }
    return effects
  }
}
