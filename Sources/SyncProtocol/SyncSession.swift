internal import CRDT
internal import ChangeLog

/// One sync session of one side, as a value: events in, effects out, no clock, no socket.
///
/// Rules: `Protocol/session.md`. The story:
///
///     dialler    idle ──▶ greeting ──▶ validating ──▶ exchanging ──▶ live | closed
///     answerer   awaitingHello ──▶ authorising ──▶ exchanging | settled ──▶ live | closed
///
/// A dialler that finds both sides equal in its greeting goes on to live, or closes, at once. When the
/// peer ends exchanging or live, what came from it is stored before the session closes.
///
/// An event that cannot come in a state is either the peer's fault, then the session fails with
/// `protocolViolation`, or belongs to an effect of a session that has ended, then it is passed over.
package enum SyncSession: ~Copyable {
  /// The dialler, before its store was looked at.
  case idle(DialRequest)
  /// The dialler said hello.
  case greeting(Greeting)
  /// The dialler looks at whether the answerer's cursor holds. The answerer does not wait for that:
  /// what it says meanwhile is kept for later, also that it hung up.
  case validating(Greeting, Welcome, early: [SessionEvent])
  case awaitingHello(SyncLimits)
  /// The answerer looks at its store.
  case authorising(Hello, SyncLimits)
  case exchanging(Exchange)
  /// The answerer said that there is nothing to exchange.
  case settled(Settlement)
  /// Both sides were equal, and stay.
  case live(LiveExchange)
  /// The peer has ended the session, and what came from it is being stored.
  case storing(LastAppends)
  case closed

  /// A session that calls a peer.
  package static func dialling(_ request: DialRequest) -> SyncSession { .idle(request) }

  /// A session that answers one.
  package static func answering(limits: SyncLimits) -> SyncSession { .awaitingHello(limits) }

  /// Takes one event, moves on, and returns what the caller must do, in order.
  package mutating func handle(_ event: SessionEvent) -> [SessionEffect] {
    switch consume self {
    case .idle(let request):
      switch event {
      case .opened(let view, let time):
        let greeting = Greeting(request, view: view, time: time)
        self = .greeting(greeting)
        return [.send(.hello(greeting.hello))]
      case .refused(let failure):
        self = .closed
        return [.fail(failure)]
      case .ended:
        self = .closed
        return [.fail(.lost)]
      case .received, .viewed, .gotFrontier, .gotPacks, .stored, .grown, .quiet, .leave:
        self = .closed
        return [.fail(.unexpected("the session is not open yet"))]
      }

    case .greeting(let greeting):
      switch event {
      case .received(.welcome(let welcome)):
        switch greeting.judge(welcome) {
        case .validate(let request):
          self = .validating(greeting, welcome, early: [])
          return greeting.testimony(welcome) + [.allowLargeFrames, .view(request)]
        case .stay(let live, let effects):
          self = .live(live)
          return greeting.testimony(welcome) + effects
        case .end(let effects):
          self = .closed
          return effects
        }
      case .received(.failure(let failure)):
        self = .closed
        return [.end(failure)]
      case .refused(let failure):
        self = .closed
        return [.fail(failure)]
      case .ended:
        self = .closed
        return [.fail(.lost)]
      case .received, .opened, .viewed, .gotFrontier, .gotPacks, .stored, .grown, .quiet, .leave:
        self = .closed
        return [.fail(.unexpected("expected welcome"))]
      }

    case .validating(let greeting, let welcome, var early):
      switch event {
      case .viewed(let view, _):
        guard view.end.store == greeting.hello.end.store else {
          self = .closed
          return [.fail(.renamed)]
        }
        guard !greeting.isPutBack(welcome, view: view) else {
          self = .closed
          return [.forget(welcome.end.store), .fail(.putBack)]
        }
        var exchange = Exchange(dialler: greeting, welcome: welcome, view: view)
        var effects = exchange.begin()
        for event in early {
          switch exchange.handle(event) {
          case .goesOn(let more): effects += more
          case .stores(let last):
            self = .storing(last)
            return effects
          case .ends(let more):
            self = .closed
            return effects + more
          case .stays:
            // Only an answer of the store leads there.
            self = .closed
            return [.fail(.unexpected("stay"))]
          }
        }
        self = .exchanging(exchange)
        return effects
      case .received(.failure(let failure)) where early.isEmpty:
        self = .closed
        return [.end(failure)]
      case .received:
        let byteCount = (early + [event]).reduce(0) { $0 + $1.packByteCount }
        guard early.count < greeting.limits.backlogPackLimit,
          byteCount < greeting.limits.backlogByteLimit
        else {
          self = .closed
          return [.fail(.unexpected("more messages than the window allows"))]
        }
        early.append(event)
        self = .validating(greeting, welcome, early: early)
        return []
      case .ended where early.isEmpty:
        self = .closed
        return [.fail(.lost)]
      case .ended:
        self = .validating(greeting, welcome, early: early + [event])
        return []
      case .refused(let failure):
        self = .closed
        return [.fail(failure)]
      case .opened, .gotFrontier, .gotPacks, .stored, .grown, .quiet, .leave:
        self = .closed
        return [.fail(.unexpected("the session is not open yet"))]
      }

    case .awaitingHello(let limits):
      switch event {
      case .received(.hello(let hello)):
        guard hello.versions.contains(ProtocolVersion.current) else {
          self = .closed
          return [.fail(.noCommonVersion)]
        }
        self = .authorising(hello, limits)
        let request = ViewRequest(peer: hello.end.store, cursor: hello.known, lane: hello.lane)
        return [.authorise(hello.archive), .view(request)]
      case .ended:
        self = .closed
        return [.finish(SessionOutcome(.interrupted))]
      case .received(.failure(let failure)):
        self = .closed
        return [.end(failure)]
      case .refused(let failure):
        self = .closed
        return [.fail(failure)]
      case .received, .opened, .viewed, .gotFrontier, .gotPacks, .stored, .grown, .quiet, .leave:
        self = .closed
        return [.fail(.unexpected("expected hello"))]
      }

    case .authorising(let hello, let limits):
      switch event {
      case .viewed(let view, let time):
        switch hello.answer(view: view, time: time, limits: limits) {
        case .exchange(let welcome):
          var exchange = Exchange(answerer: hello, view: view, time: time, limits: limits)
          let effects = exchange.begin()
          self = .exchanging(exchange)
          return [.allowLargeFrames, .send(.welcome(welcome))] + effects
        case .settle(let settlement, let effects):
          self = .settled(settlement)
          return effects
        case .end(let failure):
          self = .closed
          return [.fail(failure)]
        }
      case .received(.failure(let failure)):
        self = .closed
        return [.end(failure)]
      case .refused(let failure):
        self = .closed
        return [.fail(failure)]
      case .ended:
        self = .closed
        return [.finish(SessionOutcome(.interrupted))]
      case .received, .opened, .gotFrontier, .gotPacks, .stored, .grown, .quiet, .leave:
        self = .closed
        return [.fail(.unexpected("the dialler spoke before its turn"))]
      }

    case .exchanging(var exchange):
      switch exchange.handle(event) {
      case .goesOn(let effects):
        self = .exchanging(exchange)
        return effects
      case .stays(let live, let effects):
        self = .live(live)
        return effects
      case .stores(let last):
        self = .storing(last)
        return []
      case .ends(let effects):
        self = .closed
        return effects
      }

    case .live(var live):
      switch live.handle(event) {
      case .goesOn(let effects):
        self = .live(live)
        return effects
      case .stores(let last):
        self = .storing(last)
        return []
      case .ends(let effects):
        self = .closed
        return effects
      }

    case .storing(var last):
      switch last.handle(event) {
      case .goesOn(let effects):
        self = .storing(last)
        return effects
      case .ends(let effects):
        self = .closed
        return effects
      }

    case .settled(let settlement):
      switch event {
      case .ended:
        self = .closed
        return [.finish(settlement.outcome)]
      case .received(.stay):
        guard case .equal(let live) = settlement else {
          self = .closed
          return [.fail(.unexpected("stay"))]
        }
        self = .live(live)
        return [.allowLargeFrames] + live.beginning
      case .received(.failure(let failure)):
        self = .closed
        return [.end(failure)]
      case .refused(let failure):
        self = .closed
        return [.fail(failure)]
      case .received, .opened, .viewed, .gotFrontier, .gotPacks, .stored, .grown, .quiet, .leave:
        self = .closed
        return [.fail(.unexpected("both sides are equal already"))]
      }

    case .closed:
      // Answers to effects that were under way when the session ended.
      self = .closed
      return []
    }
  }
}

/// What a dialler asks for.
package struct DialRequest: Sendable {
  package let archive: RequestedArchive
  package let limits: SyncLimits
  /// Whether to stay when both sides are equal.
  package let isLive: Bool

  package init(archive: RequestedArchive, limits: SyncLimits, isLive: Bool = false) {
    self.archive = archive
    self.limits = limits
    self.isLive = isLive
  }
}

extension PeerFailure {
  /// The connection broke in the middle.
  package static let lost = PeerFailure(
    .internal,
    "the connection was closed before the end",
    isRetryable: true
  )

  /// What was said of positions is void.
  package static let renamed = PeerFailure(
    .internal,
    "the archive was found to be a copy in the middle of the session: sync again",
    isRetryable: true
  )

  /// The other side leaves out what it once got from here, and some of that is gone.
  package static let putBack = PeerFailure(
    .internal,
    "the archive at the calling side was put back to an earlier time: sync again",
    isRetryable: true
  )

  /// Said to those who stay, when a program is told to stop.
  package static let shuttingDown = PeerFailure(
    .shuttingDown,
    "the other side is stopping",
    isRetryable: true,
    retryAfter: 1000
  )

  static func unexpected(_ what: String) -> PeerFailure {
    PeerFailure(.protocolViolation, "unexpected message: \(what)")
  }
}

extension SessionOutcome {
  init(_ verdict: Verdict) {
    self.init(verdict: verdict, tally: SessionTally(), clockOffset: 0, peerStore: nil)
  }
}
