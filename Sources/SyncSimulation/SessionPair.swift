internal import ChangeLog
package import SyncProtocol

/// Two sessions that speak to each other in memory: no thread, no socket, one step after another.
///
/// Every message goes through its bytes, so the codec is part of what is run.
package final class SessionPair {
  private let limits: SyncLimits
  private let clock: VirtualClock
  private var dialler: Side
  private var answerer: Side
  /// What arrives of a message.
  private let line: Line
  /// Packs that may still arrive anywhere before the connection breaks; `nil`: it holds.
  private var packsUntilBreak: Int?

  /// The messages that arrive where a side sent one, as bytes without their frames.
  package typealias Line = (_ sender: Speaker, _ message: [UInt8]) -> [[UInt8]]

  package enum Speaker: String, Sendable, Codable {
    case dialler
    case answerer
  }

  /// - `line`: between the two sides; by default what was sent arrives.
  /// - `packsUntilBreak`: the connection breaks after so many packs; `nil`: never.
  package init(
    dialler: any LogStore,
    answerer: any LogStore,
    clock: VirtualClock,
    limits: SyncLimits = SyncLimits(),
    packsUntilBreak: Int? = nil,
    line: @escaping Line = { [$1] }
  ) {
    self.line = line
    self.limits = limits
    self.clock = clock
    self.packsUntilBreak = packsUntilBreak
    self.dialler = Side(store: dialler, speaker: .dialler)
    self.answerer = Side(store: answerer, speaker: .answerer)
  }

  /// How a pair of sessions ended.
  package struct Result: Sendable {
    package var dialler: SessionOutcome?
    package var answerer: SessionOutcome?
    package var failures: [PeerFailure] = []
  }

  /// What happens on one side of sessions that stay, when neither has anything left to do.
  package struct LiveStep {
    let speaker: Speaker
    let event: () throws -> SessionEvent

    package init(_ speaker: Speaker, event: @escaping () throws -> SessionEvent) {
      self.speaker = speaker
      self.event = event
    }
  }

  /// Runs both sessions to their end.
  package func run(archive: RequestedArchive) -> Result {
    run(DialRequest(archive: archive, limits: limits), steps: [])
  }

  /// Runs two sessions that stay when they are equal, until there are no more steps.
  package func runLive(archive: RequestedArchive, steps: [LiveStep]) -> Result {
    run(DialRequest(archive: archive, limits: limits, isLive: true), steps: steps)
  }

  private func run(_ request: DialRequest, steps: [LiveStep]) -> Result {
    var steps = steps[...]
    var dialling = SyncSession.dialling(request)
    var answering = SyncSession.answering(limits: limits)
    var result = Result()
    do {
      let view = try dialler.store.view(of: nil, knowing: nil, writing: nil)
      dialler.events.append(.opened(view, time: clock.now))
    } catch {
      dialler.events.append(.refused(Self.failure(error)))
    }
    while !dialler.events.isEmpty || !answerer.events.isEmpty {
      if !dialler.events.isEmpty {
        let effects = dialling.handle(dialler.events.removeFirst())
        result.dialler =
          perform(effects, of: &dialler, to: &answerer, &result.failures) ?? result.dialler
      }
      if !answerer.events.isEmpty {
        let effects = answering.handle(answerer.events.removeFirst())
        result.answerer =
          perform(effects, of: &answerer, to: &dialler, &result.failures) ?? result.answerer
      }
      if dialler.events.isEmpty, answerer.events.isEmpty, let step = steps.popFirst() {
        carryOut(step)
      }
    }
    return result
  }

  private func carryOut(_ step: LiveStep) {
    let event: SessionEvent
    do {
      event = try step.event()
    } catch {
      event = .refused(Self.failure(error))
    }
    switch step.speaker {
    case .dialler: dialler.events.append(event)
    case .answerer: answerer.events.append(event)
    }
  }

  private struct Side {
    let store: any LogStore
    let speaker: Speaker
    var events: [SessionEvent] = []
    var isClosed = false
  }

  private func perform(
    _ effects: [SessionEffect],
    of side: inout Side,
    to other: inout Side,
    _ failures: inout [PeerFailure]
  ) -> SessionOutcome? {
    for effect in effects {
      do {
        switch effect {
        case .send(let message): deliver(message, from: &side, to: &other)
        case .authorise, .allowLargeFrames: break
        case .view(let request):
          let view = try side.store.view(
            of: request.peer,
            knowing: request.cursor,
            writing: request.lane
          )
          side.events.append(.viewed(view, time: clock.now))
        case .getFrontier(let purpose):
          side.events.append(.gotFrontier(try side.store.frontier(), purpose))
        case .getPacks(let request):
          side.events.append(.gotPacks(try side.store.packs(request)))
        case .append(let packs, let peer):
          let receipt = try side.store.append(packs, from: peer)
          side.events.append(.stored(position: packs[packs.count - 1].position, receipt))
        case .adopt(let genesis): try side.store.adopt(genesis)
        case .remember(let cursor): try side.store.remember(cursor)
        case .forget(let peer): try side.store.forget(peer)
        case .witness(let head, let lane): try side.store.witness(head, of: lane)
        case .stay, .watchSilence: break
        case .finish(let outcome):
          close(&side, &other)
          return outcome
        case .fail(let failure):
          failures.append(failure)
          deliver(.failure(failure), from: &side, to: &other)
          close(&side, &other)
          return nil
        case .end(let failure):
          failures.append(failure)
          close(&side, &other)
          return nil
        }
      } catch {
        side.events.append(.refused(Self.failure(error)))
        return nil
      }
    }
    return nil
  }

  private func deliver(_ message: SyncMessage, from side: inout Side, to other: inout Side) {
    guard !side.isClosed, !other.isClosed else { return }
    if case .pack = message, let left = packsUntilBreak {
      guard left > 0 else {
        side.isClosed = true
        other.isClosed = true
        side.events.append(.ended)
        other.events.append(.ended)
        return
      }
      packsUntilBreak = left - 1
    }
    do {
      for bytes in line(side.speaker, MessageCodec.encode(message)) {
        let decoded = try MessageCodec.decode(bytes, limits: limits)
        if let decoded { other.events.append(.received(decoded)) }
      }
    } catch {
      other.events.append(.refused(error))
    }
  }

  private func close(_ side: inout Side, _ other: inout Side) {
    guard !side.isClosed else { return }
    side.isClosed = true
    other.events.append(.ended)
  }

  private static func failure(_ error: any Error) -> PeerFailure {
    switch error {
    case let failure as PeerFailure: failure
    case let failure as LogFailure: PeerFailure(failure)
    default: PeerFailure(.storage, "\(error)")
    }
  }
}
