import ChangeLog
import HubStorage
import SyncProtocol
import SyncSimulation

/// One side as it is today, which hears what the other said in a recorded session.
final class SessionReplay {
  /// What this side said.
  private(set) var said: [[UInt8]] = []
  private(set) var end = ""
  let store: MemoryHubArchive
  private var session: SyncSession
  private let time: Int64
  private let limits = SyncLimits()

  init(of side: SessionPair.Speaker, in recorded: RecordedSession) throws {
    time = recorded.time
    switch side {
    case .dialler:
      store = try recorded.dialler.opened()
      session = .dialling(
        DialRequest(archive: recorded.request, limits: limits, isLive: recorded.isLive)
      )
      let view = try store.view(of: nil, knowing: nil, writing: nil)
      handle(.opened(view, time: time))
    case .answerer:
      store = try recorded.answerer.opened()
      session = .answering(limits: limits)
    }
  }

  /// Hears a message, and does all that follows from it.
  func hear(_ message: [UInt8]) throws {
    if let decoded = try MessageCodec.decode(message, limits: limits) {
      handle(.received(decoded))
    }
  }

  /// Something comes to this side's log.
  func take(_ brought: RecordedStore.Brought) throws {
    try brought.append(to: store)
    handle(.grown(try store.logEnd()))
  }

  func leave() { handle(.leave) }

  func hangUp() { handle(.ended) }

  private func handle(_ event: SessionEvent) {
    var events = [event]
    while !events.isEmpty {
      for effect in session.handle(events.removeFirst()) {
        do {
          if let answer = try perform(effect) { events.append(answer) }
        } catch {
          events.append(.refused(Self.failure(error)))
          break
        }
      }
    }
  }

  /// Carries out an effect.
  ///
  /// - Returns: the store's answer.
  private func perform(_ effect: SessionEffect) throws -> SessionEvent? {
    switch effect {
    case .send(let message): said.append(MessageCodec.encode(message))
    case .authorise, .allowLargeFrames: break
    case .view(let request):
      let view = try store.view(
        of: request.peer,
        knowing: request.cursor,
        writing: request.lane
      )
      return .viewed(view, time: time)
    case .getFrontier(let purpose): return .gotFrontier(try store.frontier(), purpose)
    case .getPacks(let request): return .gotPacks(try store.packs(request))
    case .append(let packs, let peer):
      let receipt = try store.append(packs, from: peer)
      return .stored(position: packs[packs.count - 1].position, receipt)
    case .adopt(let genesis): try store.adopt(genesis)
    case .remember(let cursor): try store.remember(cursor)
    case .forget(let peer): try store.forget(peer)
    case .witness(let head, let lane): try store.witness(head, of: lane)
    case .stay, .watchSilence: break
    case .finish(let outcome): end = "\(outcome.verdict)"
    case .fail(let failure):
      said.append(MessageCodec.encode(.failure(failure)))
      end = "\(failure.code)"
    case .end(let failure): end = "\(failure.code)"
    }
    return nil
  }

  private static func failure(_ error: any Error) -> PeerFailure {
    switch error {
    case let failure as PeerFailure: failure
    case let failure as LogFailure: PeerFailure(failure)
    default: PeerFailure(.storage, "\(error)")
    }
  }
}

/// What of a message must not change: not its bytes, but what a peer does on it.
enum MessageEssence {
  /// The essence of what a side said, in order; of acknowledgements the last one, for how many are
  /// taken together is free.
  static func of(_ messages: [[UInt8]]) throws -> [String] {
    let decoded = try messages.compactMap { try MessageCodec.decode($0, limits: SyncLimits()) }
    let acknowledged = decoded.compactMap { message -> UInt64? in
      if case .acknowledgement(let position) = message { position } else { nil }
    }
    return decoded.compactMap(essence) + ["acknowledged \(acknowledged.max() ?? 0)"]
  }

  private static func essence(of message: SyncMessage) -> String? {
    switch message {
    case .hello(let hello):
      "hello \(hello.versions.contains(1)) \(words(hello.archive)) \(words(hello.end)) "
        + "\(words(hello.known)) \(hello.frontier.bytes.hex)"
    case .welcome(let welcome):
      "welcome \(welcome.version) \(welcome.archive?.bytes.hex ?? "") \(words(welcome.end)) "
        + "\(words(welcome.known)) \(welcome.frontier.bytes.hex) \(welcome.isStreaming)"
    case .birth(let genesis): "birth \(genesis.hex)"
    case .frontierDigests(let digests):
      "digests \(digests.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.hex)" })"
    case .frontierHeads(let frontier):
      "heads \(frontier.buckets.sorted()) "
        + "\(frontier.heads.map { "\($0.key.bytes.hex) \($0.value.seq)" }.sorted())"
    case .pack(let delivery):
      "pack \(delivery.position) \(delivery.check.hex) \(Hash(of: delivery.pack).bytes.hex)"
    case .acknowledgement: nil
    case .sent(let end): "sent \(words(end))"
    case .done(let end, let frontier): "done \(words(end)) \(frontier.bytes.hex)"
    case .failure(let failure): "failure \(failure.code)"
    case .stay: "stay"
    }
  }

  private static func words(_ cursor: Cursor?) -> String {
    cursor.map { "\($0.store.bytes.hex) \($0.position) \($0.check.hex)" } ?? "none"
  }

  private static func words(_ archive: RequestedArchive) -> String {
    switch archive {
    case .id(let id, let name): "\(name) \(id.bytes.hex)"
    case .name(let name): name
    }
  }
}
