internal import CRDT
internal import ChangeLog

/// The part of a session in which packs go both ways.
///
/// Two halves that do not wait for each other: ``Outbound`` and ``Inbound``. The dialler ends its
/// half with `sent`; the answerer, when it has stored all of that, with `done`, which carries the
/// digest of its frontier at that position; the dialler compares. When they differ, both sides ask
/// for frontiers and go through a second round, once.
package struct Exchange: Sendable {
  /// How far the session's end has come.
  private enum Closing: Sendable {
    case open
    /// Dialler: everything was sent, and the answerer was told so.
    case saidSent
    /// Dialler: was told done; what came before is being stored.
    case told(end: Cursor, frontier: Hash)
    /// Dialler: compares its frontier with the answerer's.
    case comparing(end: Cursor, frontier: Hash)
    /// Dialler: looks at its log again before a second round.
    case retrying
    /// Answerer: looks at its log once more, to name a position and the digest as of it.
    case viewing
    /// Answerer: sends what came in the meantime, up to this view.
    case tail(StoreView)
    /// Answerer: said done.
    case saidDone
  }

  enum Step {
    case goesOn([SessionEffect])
    case ends([SessionEffect])
    /// Both sides are equal, and stay.
    case stays(LiveExchange, [SessionEffect])
    /// The peer ended the session, and what came from it is stored.
    case stores(LastAppends)
  }

  private enum Role: Sendable {
    case dialler
    case answerer
  }

  private enum Birth: Sendable {
    case notNeeded
    /// The peer has no genesis record yet.
    case toSend(Genesis)
    /// This side has none, and nothing is stored before it came.
    case toReceive(ArchiveID)
  }

  private let role: Role
  private let peer: StoreID
  /// This side's store, as the greeting named it.
  private let own: StoreID
  private let limits: SyncLimits
  private let clockOffset: Int64
  private var birth: Birth
  /// Where this side's log ends in this round.
  private var end: Cursor
  /// Dialler: the answerer's log is not what was known of it, and it may have lost what it once brought.
  private let isPeerReset: Bool
  /// Answerer: the dialler was told how far its log is known here, and has no other reason to ask than that
  /// this does not hold.
  private let isTold: Bool
  private var outbound: Outbound
  private var inbound = Inbound()
  private var closing = Closing.open
  /// The lane that this side writes, as it was when the round began: what is written meanwhile
  /// belongs to the next session.
  private var ownLane: StoreView.OwnLane?
  /// Lanes of which nothing is claimed to the peer.
  private var suspects: Set<LaneID>
  private var round = 1
  /// How often the peer asked for this side's frontier: once in a round at most.
  private var questionCount = 0
  /// Whether both sides said that they would stay.
  private let isLive: Bool
  private var tally = SessionTally()

  init(dialler greeting: Greeting, welcome: Welcome, view: StoreView) {
    role = .dialler
    isTold = false
    peer = welcome.end.store
    own = greeting.hello.end.store
    limits = greeting.limits
    clockOffset = welcome.time - greeting.hello.time
    ownLane = view.ownLane
    suspects = view.suspects
    isLive = greeting.hello.isLive && welcome.isLive
    tally.roundTrips = 1
    // As hello said it, by which the answerer goes: another session may have brought the archive since.
    switch (greeting.hello.archive, welcome.archive) {
    case (.id, nil): birth = greeting.genesis.map { .toSend($0) } ?? .notNeeded
    case (.name, .some(let archive)): birth = .toReceive(archive)
    case (.id, .some), (.name, nil): birth = .notNeeded
    }
    end = view.end
    // A log that no longer is what it was may have lost what this side got from it.
    let isMistaken = greeting.hello.known != nil && !welcome.isStreaming
    // Where the answerer streams after `known`, that holds.
    isPeerReset =
      greeting.hello.known?.store == peer
      ? isMistaken : Self.isBeyond(welcome.end, view.known)
    outbound = Self.outbound(
      view: view,
      known: isMistaken ? nil : welcome.known,
      peer: peer,
      peerFrontier: welcome.frontier
    )
  }

  init(answerer hello: Hello, view: StoreView, time: Int64, limits: SyncLimits) {
    role = .answerer
    peer = hello.end.store
    own = view.end.store
    self.limits = limits
    clockOffset = hello.time - time
    isLive = hello.isLive
    suspects = view.suspects
    end = view.end
    isPeerReset = false
    isTold = hello.known == nil && view.known.map { $0.position > 0 } ?? false
    switch (view.genesis, hello.archive) {
    case (.some(let genesis), .name): birth = .toSend(genesis)
    case (nil, .id(let archive, _)): birth = .toReceive(archive)
    case (.some, .id), (nil, .name): birth = .notNeeded
    }
    outbound = Self.outbound(
      view: view,
      known: hello.known,
      peer: peer,
      peerFrontier: hello.frontier
    )
  }

  /// Whether the peer's log ends before, or otherwise than, what is known of it.
  private static func isBeyond(_ end: Cursor, _ known: Cursor?) -> Bool {
    guard let known else { return false }
    return known.position > end.position
      || known.position == end.position && known.check != end.check
  }

  /// What to send: after the peer's cursor when that holds, everything when the peer has nothing,
  /// else what its frontier says.
  private static func outbound(
    view: StoreView,
    known: Cursor?,
    peer: StoreID,
    peerFrontier: Hash
  )
    -> Outbound
  {
    if let known, view.isPeerCursorValid {
      return .streaming(
        PackStream(after: known.position, upTo: view.end.position, selection: .notFrom(peer))
      )
    }
    let everything = PackStream(after: 0, upTo: view.end.position, selection: .beyond(.empty))
    let hasNothing = peerFrontier == Frontier().digest
    return hasNothing || everything.isDrained ? .streaming(everything) : .asking(everything)
  }

  /// The first effects, after the greeting.
  mutating func begin() -> [SessionEffect] {
    var effects: [SessionEffect] = isPeerReset ? [.forget(peer)] : []
    if case .toSend(let genesis) = birth {
      effects.append(.send(.birth(genesis: genesis.bytes)))
      birth = .notNeeded
    }
    if case .asking = outbound { effects.append(.getFrontier(.asking)) }
    return effects + pump()
  }

  mutating func handle(_ event: SessionEvent) -> Step {
    switch event {
    case .received(let message):
      return receive(message)
    case .gotPacks(let batch):
      return sent(batch)
    case .stored(let position, let receipt):
      inbound.stored()
      tally.changesReceived += receipt.newChangeCount
      return .goesOn([.send(.acknowledgement(position: position))] + pump())
    case .gotFrontier(let frontier, let purpose):
      return got(frontier, for: purpose)
    case .viewed(let view, _):
      return viewed(view)
    case .refused(let failure):
      return .ends([.fail(failure)])
    case .ended:
      return ended()
    case .opened, .grown, .quiet, .leave:
      return .ends([.fail(.unexpected("the session is open already"))])
    }
  }

  // MARK: - Messages

  private mutating func receive(_ message: SyncMessage) -> Step {
    switch message {
    case .pack(let delivery):
      if case .toReceive = birth { return .ends([.fail(.unexpected("a pack before birth"))]) }
      guard inbound.receive(delivery, limits: limits) else {
        return .ends([.fail(.unexpected("more packs than the window allows"))])
      }
      tally.packsReceived += 1
      return .goesOn(pump())
    case .acknowledgement(let position):
      switch outbound {
      case .streaming(var stream):
        stream.acknowledged(upTo: position)
        outbound = .streaming(stream)
      case .asking(var stream):
        stream.acknowledged(upTo: position)
        outbound = .asking(stream)
      }
      return .goesOn(pump())
    case .birth(let bytes):
      guard case .toReceive(let archive) = birth, let genesis = try? Genesis(bytes),
        genesis.archive == archive
      else { return .ends([.fail(.unexpected("birth"))]) }
      birth = .notNeeded
      return .goesOn([.adopt(genesis)])
    case .frontierDigests(let digests):
      return asked(digests)
    case .frontierHeads(let frontier):
      guard case .asking(var stream) = outbound else {
        return .ends([.fail(.unexpected("frontier heads"))])
      }
      tally.roundTrips += 1
      stream.restart(selection: .beyond(frontier))
      outbound = .streaming(stream)
      return .goesOn(pump())
    case .sent(let end):
      guard role == .answerer, inbound.peerEnd == nil, end.store == peer else {
        return .ends([.fail(.unexpected("sent"))])
      }
      inbound.peerFinished(at: end)
      return .goesOn(pump())
    case .done(let end, let frontier):
      guard role == .dialler, case .saidSent = closing, end.store == peer else {
        return .ends([.fail(.unexpected("done"))])
      }
      tally.roundTrips += 1
      inbound.peerFinished(at: end)
      closing = .told(end: end, frontier: frontier)
      return .goesOn(pump())
    case .failure(let failure):
      return ended(.told(failure))
    case .stay:
      guard role == .answerer, isLive, case .saidDone = closing,
        case .streaming(let stream) = outbound
      else { return .ends([.fail(.unexpected("stay"))]) }
      let live = live(stream, as: .answerer, after: .delivered)
      return .stays(live, live.beginning)
    case .hello, .welcome:
      return .ends([.fail(.unexpected("the greeting is over"))])
    }
  }

  /// The peer wants to know what is held here.
  ///
  /// After `done` that means that the sides differ: the answerer then asks too.
  private mutating func asked(_ digests: [UInt8: [UInt8]]) -> Step {
    questionCount += 1
    guard questionCount <= 2 else { return .ends([.fail(.unexpected("a third question"))]) }
    var effects: [SessionEffect] = [.getFrontier(.answering(digests))]
    // Its log was put back: what it once brought it may have lost.
    if isTold, round == 1, case .open = closing { effects = [.forget(peer)] + effects }
    if role == .answerer, case .saidDone = closing {
      guard round == 1, case .streaming(let stream) = outbound else {
        return .ends([.fail(.unexpected("a third round"))])
      }
      round = 2
      closing = .open
      inbound.reopen()
      outbound = .asking(stream)
      effects.append(.getFrontier(.asking))
    }
    return .goesOn(effects)
  }

  // MARK: - Answers of the store

  private mutating func sent(_ batch: PackBatch) -> Step {
    guard case .streaming(var stream) = outbound else {
      return .ends([.fail(.unexpected("packs that nobody asked for"))])
    }
    stream.sent(batch)
    outbound = .streaming(stream)
    tally.packsSent += batch.packs.count
    tally.changesSent += batch.changeCount
    return .goesOn(batch.packs.map { .send(.pack($0)) } + pump())
  }

  private mutating func got(_ frontier: Frontier, for purpose: FrontierPurpose) -> Step {
    switch purpose {
    case .asking:
      return .goesOn([.send(.frontierDigests(frontier.bucketDigests.mapValues(\.prefix)))])
    case .answering(let digests):
      let claims = frontier.claims(
        differingFrom: digests,
        withholding: suspects,
        headCountLimit: limits.headCountLimit
      )
      return .goesOn([.send(.frontierHeads(claims))])
    case .comparing:
      return compared(frontier)
    }
  }

  private mutating func viewed(_ view: StoreView) -> Step {
    guard view.end.store == own else { return .ends([.fail(.renamed)]) }
    suspects = view.suspects
    switch closing {
    case .viewing:
      guard case .streaming(var stream) = outbound, stream.isDrained else {
        return .ends([.fail(.unexpected("a view in the middle"))])
      }
      closing = .tail(view)
      stream.extend(upTo: view.end.position, selection: .notFrom(peer))
      outbound = .streaming(stream)
      return .goesOn(pump())
    case .retrying:
      guard case .streaming(var stream) = outbound else {
        return .ends([.fail(.unexpected("a view in the middle"))])
      }
      closing = .open
      ownLane = view.ownLane
      self.end = view.end
      stream.extend(upTo: view.end.position, selection: .notFrom(peer))
      outbound = .asking(stream)
      return .goesOn([.getFrontier(.asking)])
    case .open, .saidSent, .told, .comparing, .tail, .saidDone:
      return .ends([.fail(.unexpected("a view in the middle"))])
    }
  }

  private mutating func compared(_ frontier: Frontier) -> Step {
    guard case .comparing(let end, let theirs) = closing else {
      return .ends([.fail(.unexpected("a frontier in the middle"))])
    }
    var mine = frontier
    // Unless the lane was found to fork meanwhile, and ends earlier.
    if let ownLane, let head = mine.heads[ownLane.lane], head.seq >= ownLane.head.seq {
      mine.heads[ownLane.lane] = ownLane.head
    }
    if mine.digest == theirs { return concluded(.equal, [.remember(end)]) }
    // To be different twice is no reason not to stay: a store that others write to all the time never
    // holds just what the peer holds, and each has sent what the other lacked.
    guard round == 1 else { return concluded(.different, []) }
    round = 2
    inbound.reopen()
    closing = .retrying
    return .goesOn([.view(ViewRequest(peer: peer, cursor: nil, lane: nil))])
  }

  /// The dialler has compared for the last time.
  private func concluded(_ verdict: SessionOutcome.Verdict, _ effects: [SessionEffect]) -> Step {
    guard isLive, case .streaming(let stream) = outbound else {
      return .ends(effects + [.finish(outcome(verdict))])
    }
    let live = live(stream, as: .dialler, after: verdict)
    return .stays(live, effects + live.beginning)
  }

  private func ended() -> Step {
    switch (role, closing) {
    case (.answerer, .saidDone): ended(.finished(outcome(.delivered)))
    case (.answerer, _): ended(.finished(outcome(.interrupted)))
    case (.dialler, _): ended(.failed(.lost))
    }
  }

  private func ended(_ ending: LastAppends.Ending) -> Step {
    let last = LastAppends(of: inbound, from: peer, limits: limits, then: ending)
    return inbound.isIdle ? .ends([last.effect]) : .stores(last)
  }

  private func live(
    _ stream: PackStream,
    as role: LiveExchange.Role,
    after verdict: SessionOutcome.Verdict
  ) -> LiveExchange {
    LiveExchange(
      as: role,
      own: own,
      stream: stream,
      limits: limits,
      outcome: outcome(verdict)
    )
  }

  private func outcome(_ verdict: SessionOutcome.Verdict) -> SessionOutcome {
    SessionOutcome(verdict: verdict, tally: tally, clockOffset: clockOffset, peerStore: peer)
  }

  // MARK: - What can go on now

  /// Everything that the present state allows to be done.
  private mutating func pump() -> [SessionEffect] {
    var effects: [SessionEffect] = []
    if let packs = inbound.nextAppend(limits: limits) {
      effects.append(.append(packs, from: peer))
    }
    if case .streaming(var stream) = outbound {
      if let request = stream.nextRequest(limits: limits) { effects.append(.getPacks(request)) }
      outbound = .streaming(stream)
      if stream.isDrained { effects += finishing() }
    }
    return effects
  }

  /// The steps towards the end, once everything was sent.
  private mutating func finishing() -> [SessionEffect] {
    switch (role, closing) {
    case (.dialler, .open):
      closing = .saidSent
      return [.send(.sent(end: end))]
    case (.dialler, .told(let end, let frontier)) where inbound.isComplete:
      closing = .comparing(end: end, frontier: frontier)
      return [.getFrontier(.comparing)]
    case (.answerer, .open) where inbound.isComplete:
      closing = .viewing
      return [.view(ViewRequest(peer: peer, cursor: nil, lane: nil))]
    case (.answerer, .tail(let view)):
      closing = .saidDone
      let peerEnd = inbound.peerEnd
      return (peerEnd.map { [.remember($0)] } ?? [])
        + [.send(.done(end: view.end, frontier: view.frontier))]
    case (.dialler, _), (.answerer, _):
      return []
    }
  }
}
