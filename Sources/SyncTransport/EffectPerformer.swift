internal import ChangeLog
internal import NIOCore
internal import SyncProtocol

/// Performs effects for one session: messages in order, storage in tasks that answer with events.
struct EffectPerformer {
  private var store: (any SessionStore)?
  private let source: SessionDriver.Authoriser?
  private let now: @Sendable () -> Int64
  private let progress: @Sendable (SessionProgress) -> Void
  private let wire: Wire
  private let meter: SessionMeter
  private let events: AsyncStream<SessionEvent>.Continuation
  /// What really went wrong here, while the peer is told only that something did.
  private let localFailure: LocalFailure
  private let growth: GrowthSignal
  private let sessions: LiveSessions
  private var stay: Stay?
  /// Changes sent since the session stays, and not yet reported.
  private var sentCount = 0
  private var peerEnd: UInt64 = 0
  private var ownEnd: UInt64 = 0

  /// What a session that stays open holds on to.
  private struct Stay {
    let watch: LogWatch
    let session: LiveSession
  }

  init(
    store: (any SessionStore)?,
    source: SessionDriver.Authoriser?,
    now: @escaping @Sendable () -> Int64,
    progress: @escaping @Sendable (SessionProgress) -> Void,
    wire: Wire,
    meter: SessionMeter,
    events: AsyncStream<SessionEvent>.Continuation,
    localFailure: LocalFailure,
    sessions: LiveSessions
  ) {
    growth = GrowthSignal(events)
    self.sessions = sessions
    self.localFailure = localFailure
    self.store = store
    self.source = source
    self.now = now
    self.progress = progress
    self.wire = wire
    self.meter = meter
    self.events = events
  }

  /// Follows how far the session is.
  mutating func note(_ event: SessionEvent) {
    if case .received(let message) = event { meter.received(message) }
    switch event {
    case .received(.welcome(let welcome)): peerEnd = welcome.end.position
    case .received(.pack(let delivery)):
      progress(.received(position: delivery.position, end: max(peerEnd, delivery.position)))
    case .opened(let view, _): ownEnd = view.end.position
    case .received(.acknowledgement(let position)) where stay != nil:
      progress(.delivered(position: position, changeCount: sentCount))
      sentCount = 0
    case .gotPacks(let batch) where stay != nil:
      sentCount += batch.changeCount
    case .stored(_, let receipt) where stay != nil && receipt.newChangeCount > 0:
      progress(.stored(changeCount: receipt.newChangeCount))
    case .grown(let end):
      ownEnd = end.position
      growth.heard()
    case .received, .viewed, .gotFrontier, .gotPacks, .stored, .refused, .ended, .quiet, .leave:
      break
    }
  }

  /// Performs effects in order.
  ///
  /// - Returns: how the session ended, when it did.
  mutating func perform(
    _ effects: [SessionEffect],
    in group: inout ThrowingDiscardingTaskGroup<any Error>
  ) async -> End? {
    for effect in effects {
      switch effect {
      case .send(let message):
        if case .pack(let delivery) = message {
          meter.sent(delivery)
          progress(.sent(position: delivery.position, end: max(ownEnd, delivery.position)))
          wire.send(delivery.frame ?? FrameDecoder.frame(MessageCodec.encode(message)))
        } else {
          wire.send(FrameDecoder.frame(MessageCodec.encode(message)))
        }
      case .allowLargeFrames:
        wire.allowLargeFrames()
      case .authorise(let archive):
        if let source, let failure = await refusal(of: archive, by: source) {
          return end(with: failure)
        }
      case .adopt(let genesis):
        if let failure = await failure(of: { try await $0.adopt(genesis) }) {
          return end(with: failure)
        }
      case .remember(let cursor):
        if let failure = await failure(of: { try await $0.remember(cursor) }) {
          return end(with: failure)
        }
      case .witness(let head, let lane):
        if let failure = await failure(of: { try await $0.witness(head, of: lane) }) {
          return end(with: failure)
        }
      case .view(let request):
        let now = now
        answer(in: &group, .reading) { store in
          let view = try await store.view(
            of: request.peer,
            knowing: request.cursor,
            writing: request.lane
          )
          return .viewed(view, time: now())
        }
      case .getFrontier(let purpose):
        answer(in: &group, .reading) { .gotFrontier(try await $0.frontier(), purpose) }
      case .getPacks(let request):
        answer(in: &group, .reading) { .gotPacks(try await $0.packs(request)) }
      case .append(let packs, let peer):
        answer(in: &group, .storing) { store in
          let receipt = try await store.append(packs, from: peer)
          return .stored(position: packs[packs.count - 1].position, receipt)
        }
      case .stay(let outcome):
        await beginStay(outcome)
      case .watchSilence:
        let (wire, events) = (wire, events)
        group.addTask { await wire.watchSilence(events) }
      case .finish(let outcome):
        return .finished(outcome)
      case .fail(let failure):
        return end(with: failure)
      case .end(let failure):
        return .toldFailure(failure)
      }
    }
    return nil
  }

  private mutating func beginStay(_ outcome: SessionOutcome) async {
    guard let store else { preconditionFailure("a session touches no store before it has one") }
    let (events, localFailure, growth) = (events, localFailure, growth)
    stay = Stay(
      watch: await store.watch(
        grown: { growth.raise(to: $0) },
        failed: { events.yield(.refused(localFailure.note($0))) }
      ),
      session: sessions.add { events.yield(.leave) }
    )
    progress(.live(outcome))
  }

  /// How a session ended.
  enum End {
    case finished(SessionOutcome)
    case failure(PeerFailure)
    /// The failure came from the peer, who needs not be told.
    case toldFailure(PeerFailure)
  }

  private func end(with failure: PeerFailure) -> End {
    wire.send(FrameDecoder.frame(MessageCodec.encode(.failure(failure))))
    return .failure(failure)
  }

  private mutating func refusal(
    of archive: RequestedArchive,
    by source: SessionDriver.Authoriser
  ) async -> PeerFailure? {
    do {
      store = try await source(archive)
      return nil
    } catch {
      return localFailure.note(error)
    }
  }

  private func failure(of body: (any SessionStore) async throws -> Void) async -> PeerFailure? {
    guard let store else { preconditionFailure("a session touches no store before it has one") }
    do {
      try await meter.measured(.storing) { try await body(store) }
      return nil
    } catch {
      return localFailure.note(error)
    }
  }

  private func answer(
    in group: inout ThrowingDiscardingTaskGroup<any Error>,
    _ work: SessionMeter.StoreWork,
    _ body: @escaping @Sendable (any SessionStore) async throws -> SessionEvent
  ) {
    guard let store else { preconditionFailure("a session touches no store before it has one") }
    let (events, localFailure, meter) = (events, localFailure, meter)
    group.addTask {
      do {
        events.yield(try await meter.measured(work) { try await body(store) })
      } catch {
        events.yield(.refused(localFailure.note(error)))
      }
    }
  }
}
