internal import ChangeLog
internal import SyncProtocol

/// What a session wants done, and how it is done on its connection.
extension SessionHandler {
  /// What a session that stays open holds on to.
  struct Stay {
    let watch: LogWatch
    let session: LiveSession
    let growth: GrowthSignal
  }

  /// How far a session is, as its progress is told.
  struct ProgressTally {
    /// Changes sent since the session stays, and not yet reported.
    var sentCount = 0
    var peerEnd: UInt64 = 0
    var ownEnd: UInt64 = 0
  }

  enum Step {
    case goesOn
    /// What follows has to wait for it.
    case waits
    case ends(End)
  }

  /// Follows how far the session is.
  func follow(_ event: SessionEvent) {
    let tell = environment.progress
    if case .received(let message) = event { meter.received(message) }
    switch event {
    case .received(.welcome(let welcome)): progress.peerEnd = welcome.end.position
    case .received(.pack(let delivery)):
      let end = max(progress.peerEnd, delivery.position)
      tell(.received(position: delivery.position, end: end))
    case .opened(let view, _): progress.ownEnd = view.end.position
    case .received(.acknowledgement(let position)) where stay != nil:
      tell(.delivered(position: position, changeCount: progress.sentCount))
      progress.sentCount = 0
    case .gotPacks(let batch) where stay != nil:
      progress.sentCount += batch.changeCount
    case .stored(_, let receipt) where stay != nil && receipt.newChangeCount > 0:
      tell(.stored(changeCount: receipt.newChangeCount))
    case .grown(let end):
      progress.ownEnd = end.position
      stay?.growth.heard()
    case .received, .viewed, .gotFrontier, .gotPacks, .stored, .refused, .ended, .quiet, .leave:
      break
    }
  }

  func perform(_ effect: SessionEffect) -> Step {
    switch effect {
    case .send(let message):
      send(message)
    case .allowLargeFrames:
      allowLargeFrames()
    case .authorise(let archive):
      guard let authorise else { return .goesOn }
      return find(archive, by: authorise)
    case .adopt(let genesis):
      return write { try await $0.adopt(genesis) }
    case .remember(let cursor):
      return write { try await $0.remember(cursor) }
    case .forget(let peer):
      return write { try await $0.forget(peer) }
    case .witness(let head, let lane):
      return write { try await $0.witness(head, of: lane) }
    case .view(let request):
      ask(.reading) { [environment] store in
        let view = try await store.view(
          of: request.peer,
          knowing: request.cursor,
          writing: request.lane
        )
        return .viewed(view, time: environment.now())
      }
    case .getFrontier(let purpose):
      ask(.reading) { .gotFrontier(try await $0.frontier(), purpose) }
    case .getPacks(let request):
      ask(.reading) { .gotPacks(try await $0.packs(request)) }
    case .append(let packs, let peer):
      ask(.storing) { store in
        let receipt = try await store.append(packs, from: peer)
        return .stored(position: packs[packs.count - 1].position, receipt)
      }
    case .stay(let outcome):
      return stay(outcome)
    case .watchSilence:
      watchSilence()
    case .finish(let outcome):
      return .ends(.finished(outcome))
    case .fail(let failure):
      return .ends(fail(failure))
    case .end(let failure):
      return .ends(.toldFailure(failure))
    }
    return .goesOn
  }

  private func send(_ message: SyncMessage) {
    guard case .pack(let delivery) = message else {
      return send(FrameDecoder.frame(MessageCodec.encode(message)))
    }
    meter.sent(delivery)
    let end = max(progress.ownEnd, delivery.position)
    environment.progress(.sent(position: delivery.position, end: end))
    send(delivery.frame ?? FrameDecoder.frame(MessageCodec.encode(message)))
  }

  private func find(_ archive: RequestedArchive, by authorise: @escaping Authoriser) -> Step {
    wait { [localFailure] () -> Result<any SessionStore, PeerFailure> in
      do { return .success(try await authorise(archive)) } catch {
        return .failure(localFailure.note(error))
      }
    } then: { handler, found in
      switch found {
      case .success(let store):
        handler.store = store
        return nil
      case .failure(let failure): return failure
      }
    }
    return .waits
  }

  private func write(
    _ body: @escaping @Sendable (any SessionStore) async throws -> Void
  ) -> Step {
    guard let store else { preconditionFailure("a session touches no store before it has one") }
    wait { [meter, localFailure] () -> PeerFailure? in
      do {
        try await meter.measured(.storing) { try await body(store) }
        return nil
      } catch {
        return localFailure.note(error)
      }
    } then: { _, failure in
      failure
    }
    return .waits
  }

  private func stay(_ outcome: SessionOutcome) -> Step {
    guard let store else { preconditionFailure("a session touches no store before it has one") }
    let bound = bound
    let (sessions, localFailure) = (environment.sessions, localFailure)
    let growth = GrowthSignal { end in bound.execute { $0.take(.grown(end)) } }
    wait { () -> Stay in
      Stay(
        watch: await store.watch(
          grown: { growth.raise(to: $0) },
          failed: { error in
            let failure = localFailure.note(error)
            bound.execute { $0.take(.refused(failure)) }
          }
        ),
        session: sessions.add { bound.execute { $0.take(.leave) } },
        growth: growth
      )
    } then: { handler, stay in
      handler.stay = stay
      handler.environment.progress(.live(outcome))
      return nil
    }
    return .waits
  }
}
