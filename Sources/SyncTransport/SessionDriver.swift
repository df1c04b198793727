package import ChangeLog
internal import CRDT
package import NIOCore
package import SyncProtocol
internal import Synchronization

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

/// Runs a session's effects over a channel, in order.
///
/// Three tasks for a connection: one reads, one writes, one lets the session handle events. What
/// waits to be written is bounded by the session's window, because packs are read from the store
/// only when the window has room. The reader goes on only when the session has handled the message
/// before, and while the peer reads what it is answered, so that a peer who sends faster, or reads
/// nothing, fills the network and not the memory.
package struct SessionDriver: Sendable {
  /// Finds the store for a dialler's wish.
  package typealias Authoriser = @Sendable (RequestedArchive) async throws -> any SessionStore

  private let limits: SyncLimits
  private let now: @Sendable () -> Int64
  private let progress: @Sendable (SessionProgress) -> Void
  private let sessions: LiveSessions

  /// - `now`: the wall clock, ms since 1970-01-01 UTC.
  /// - `sessions`: where those that stay open are kept.
  package init(
    limits: SyncLimits,
    now: @escaping @Sendable () -> Int64,
    sessions: LiveSessions = LiveSessions(),
    progress: @escaping @Sendable (SessionProgress) -> Void = { _ in }
  ) {
    self.limits = limits
    self.now = now
    self.sessions = sessions
    self.progress = progress
  }

  /// Calls a peer over an open channel.
  ///
  /// - `peer`: the store that answered at this address last time.
  /// - `isLive`: whether to stay when both sides are equal.
  /// Throws: ``PeerFailure``, or what the store or the channel throws.
  package func dial(
    _ channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>,
    archive: RequestedArchive,
    store: any SessionStore,
    peer: StoreID?,
    isLive: Bool
  ) async throws -> DrivenSession {
    let request = DialRequest(archive: archive, limits: limits, isLive: isLive)
    let session = SyncSession.dialling(request)
    let meter = SessionMeter(looksIntoPacks: true)
    return try await run(session, channel, store: store, source: nil, meter: meter) {
      .opened(
        try await meter.measured(.reading) {
          try await store.view(of: peer, knowing: nil, writing: nil)
        },
        time: now()
      )
    }
  }

  /// Answers a peer over an open channel.
  ///
  /// - Throws: ``PeerFailure``, or what the store or the channel throws.
  package func answer(
    _ channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>,
    authorise: @escaping Authoriser
  ) async throws -> DrivenSession {
    let meter = SessionMeter(looksIntoPacks: false)
    return try await run(
      .answering(limits: limits),
      channel,
      store: nil,
      source: authorise,
      meter: meter
    ) { nil }
  }

  private func run(
    _ session: consuming SyncSession,
    _ channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>,
    store: (any SessionStore)?,
    source: Authoriser?,
    meter: SessionMeter,
    opening: @Sendable @escaping () async throws -> SessionEvent?
  ) async throws -> DrivenSession {
    var session = session
    let (events, eventSource) = AsyncStream.makeStream(of: SessionEvent.self)
    let wire = Wire(limits: limits)
    let localFailure = LocalFailure()
    return try await channel.executeThenClose { inbound, outbound in
      try await withThrowingDiscardingTaskGroup { group in
        group.addTask { await wire.read(inbound, into: eventSource) }
        let writing = Task { try await wire.write(to: outbound) }
        defer { writing.cancel() }
        wire.send(FrameDecoder.preface)
        group.addTask {
          do {
            if let event = try await opening() { eventSource.yield(event) }
          } catch {
            eventSource.yield(.refused(localFailure.note(error)))
          }
        }
        var performer = EffectPerformer(
          store: store,
          source: source,
          now: now,
          progress: progress,
          wire: wire,
          meter: meter,
          events: eventSource,
          localFailure: localFailure,
          sessions: sessions
        )
        for await event in events {
          performer.note(event)
          let effects = session.handle(event)
          if let end = await performer.perform(effects, in: &group) {
            eventSource.finish()
            wire.stopSending()
            // Read before anything is cancelled: a cancelled store call is no cause of anything.
            let failure = localFailure.error
            meter.end()
            await wire.flush(writing)
            if case .failure = end { await wire.linger() }
            wire.stopReading()
            group.cancelAll()
            return try finished(end, failure, meter.costs(of: wire))
          }
          if case .received = event { wire.readOn() }
        }
        throw PeerFailure.lost
      }
    }
  }

  private func finished(
    _ end: EffectPerformer.End,
    _ localFailure: (any Error)?,
    _ costs: SessionCosts
  ) throws -> DrivenSession {
    if let localFailure { throw localFailure }
    switch end {
    case .finished(let outcome):
      return DrivenSession(outcome: outcome, costs: costs)
    case .failure(let failure), .toldFailure(let failure):
      throw failure
    }
  }
}

/// The first error of this side's own store in a session.
final class LocalFailure: Sendable {
  private let first = Mutex<(any Error)?>(nil)

  var error: (any Error)? { first.withLock { $0 } }

  /// Keeps the error, and says what it is called on the wire: what the log says as it is, and of
  /// anything else only that it happened.
  func note(_ error: any Error) -> PeerFailure {
    if !(error is CancellationError) { first.withLock { $0 = $0 ?? error } }
    return switch error {
    case let failure as PeerFailure: failure
    case let failure as LogFailure: PeerFailure(failure)
    default: PeerFailure(.storage, "the store of the other side failed", isRetryable: true)
    }
  }
}
