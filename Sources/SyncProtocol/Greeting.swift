internal import CRDT
internal import ChangeLog

/// The dialler's side of hello and welcome, as far as it has come.
package struct Greeting: Sendable {
  let hello: Hello
  let genesis: Genesis?
  let limits: SyncLimits

  init(_ request: DialRequest, view: StoreView, time: Int64) {
    limits = request.limits
    genesis = view.genesis
    hello = Hello(
      versions: [ProtocolVersion.current],
      codecs: Codec.allCases.map(\.rawValue),
      archive: request.archive,
      time: time,
      end: view.end,
      known: view.known,
      frontier: view.frontier,
      lane: view.ownLane?.lane,
      isLive: request.isLive
    )
  }

  /// What the answerer says of the lane that is written here.
  func testimony(_ welcome: Welcome) -> [SessionEffect] {
    guard let lane = hello.lane, let head = welcome.lane else { return [] }
    return [.witness(head, of: lane)]
  }

  /// Whether this side's log was put back: the answerer, which streams after the cursor in hello and leaves
  /// out what it got from here, knows more of it than there is.
  ///
  /// - `view`: of this side's log, with the answerer's cursor.
  func isPutBack(_ welcome: Welcome, view: StoreView) -> Bool {
    guard let cursor = welcome.known, cursor.position > 0 else { return false }
    return hello.known?.store == welcome.end.store && welcome.isStreaming
      && !view.isPeerCursorValid
  }

  /// What the dialler does on welcome.
  enum Verdict {
    /// There is something to exchange: see whether the answerer's cursor holds.
    case validate(ViewRequest)
    case stay(LiveExchange, [SessionEffect])
    case end([SessionEffect])
  }

  func judge(_ welcome: Welcome) -> Verdict {
    guard welcome.version == ProtocolVersion.current else { return .end([.fail(.noCommonVersion)]) }
    switch (hello.archive, welcome.archive) {
    case (.id(let mine, let name), .some(let theirs)) where mine != theirs:
      return .end([.fail(.wrongArchive(name))])
    case (.name(let name), nil):
      return .end([
        .fail(
          PeerFailure(.unknownArchive, "the archive \(name) is empty there: sync into it first")
        )
      ])
    case (.id, _), (.name, .some): break
    }
    guard case .id = hello.archive, welcome.archive != nil, welcome.frontier == hello.frontier,
      genesis != nil
    else {
      return .validate(ViewRequest(peer: welcome.end.store, cursor: welcome.known, lane: nil))
    }
    var outcome = SessionOutcome(.equal)
    outcome.tally.roundTrips = 1
    outcome.clockOffset = welcome.time - hello.time
    outcome.peerStore = welcome.end.store
    guard hello.isLive, welcome.isLive else {
      return .end([.remember(welcome.end), .finish(outcome)])
    }
    let live = LiveExchange(as: .dialler, end: hello.end, limits: limits, outcome: outcome)
    return .stay(live, [.allowLargeFrames, .remember(welcome.end)] + live.beginning)
  }
}

/// Versions of the protocol that this program speaks.
package enum ProtocolVersion {
  package static let current: UInt32 = 1
}

extension Hello {
  /// What the answerer does on hello.
  enum Verdict {
    case exchange(Welcome)
    /// Nothing to exchange.
    case settle(Settlement, [SessionEffect])
    case end(PeerFailure)
  }

  func answer(view: StoreView, time: Int64, limits: SyncLimits) -> Verdict {
    if case .id(let id, let name) = archive, let mine = view.genesis?.archive, mine != id {
      return .end(.wrongArchive(name))
    }
    let isEqual: Bool
    switch archive {
    case .id: isEqual = view.frontier == frontier && view.genesis != nil
    case .name: isEqual = false
    }
    let welcome = Welcome(
      version: ProtocolVersion.current,
      codecs: Codec.allCases.map(\.rawValue),
      archive: view.genesis?.archive,
      time: time,
      end: view.end,
      known: view.known,
      frontier: view.frontier,
      lane: view.peerLane,
      isStreaming: view.isPeerCursorValid && !isEqual,
      isLive: isLive
    )
    if isEqual {
      var outcome = SessionOutcome(.equal)
      outcome.peerStore = end.store
      outcome.clockOffset = self.time - time
      return .settle(
        isLive
          ? .equal(LiveExchange(as: .answerer, end: view.end, limits: limits, outcome: outcome))
          : .over(outcome),
        [.remember(end), .send(.welcome(welcome))]
      )
    }
    if view.genesis == nil, case .name = archive {
      // Nothing to give, and nothing can come: the dialler sees that and hangs up.
      return .settle(.over(SessionOutcome(.interrupted)), [.send(.welcome(welcome))])
    }
    return .exchange(welcome)
  }
}

/// What an answerer has still to wait for when there is nothing to exchange.
package enum Settlement: Sendable {
  /// The dialler hangs up.
  case over(SessionOutcome)
  /// Both sides are equal: the dialler hangs up, or stays.
  case equal(LiveExchange)

  /// How the session ended when the dialler hangs up.
  var outcome: SessionOutcome {
    switch self {
    case .over(let outcome): outcome
    case .equal(let live): live.outcome
    }
  }
}

extension PeerFailure {
  static let noCommonVersion = PeerFailure(
    .versionMismatch,
    "this side speaks version \(ProtocolVersion.current) of the protocol, the peer does not"
  )

  static func wrongArchive(_ name: String) -> PeerFailure {
    PeerFailure(
      .wrongArchive,
      "the archive called \(name) there is another one than this",
      scope: .archive
    )
  }
}
