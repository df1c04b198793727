import Foundation
import ReplicaStorage
import Synchronization

/// What a live sync says as it goes on: sentences, or a JSON object a line.
final class LiveReport: Sendable {
  enum Event {
    /// Both sides stay connected; whether they were equal when they began to.
    case live(peer: String, isEqual: Bool)
    case changes(sent: Int, received: Int)
    case lost(reason: String, again: Duration)
    /// The other side does not keep sessions open.
    case notLive
    case ended
  }

  private struct EventJSON: Encodable {
    var event: String
    var remote: String?
    var equal: Bool?
    var changes_sent: Int?
    var changes_received: Int?
    var reason: String?
    var retry_seconds: Double?
  }

  private struct State {
    var forks: Set<Fork>
    var saidNotLive = false
  }

  private let isJSON: Bool
  private let isQuiet: Bool
  private let state: Mutex<State>

  /// - `forks`: those that people were told of.
  init(json isJSON: Bool, isQuiet: Bool, forks: Set<Fork>) {
    self.isJSON = isJSON
    self.isQuiet = isQuiet
    state = Mutex(State(forks: forks))
  }

  /// Forks that people were told of.
  var forks: Set<Fork> { state.withLock { $0.forks } }

  func note(_ fork: Fork) {
    state.withLock { _ = $0.forks.insert(fork) }
    if !isQuiet { Console.note(fork.description) }
  }

  func write(_ event: Event) {
    if case .notLive = event {
      let isKnown = state.withLock { state in
        defer { state.saidNotLive = true }
        return state.saidNotLive
      }
      if isKnown { return }
    }
    if isJSON {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      guard let line = try? encoder.encode(Self.json(event)) else { return }
      Console.writeAtOnce(String(decoding: line, as: UTF8.self))
    } else if !isQuiet {
      Console.note(Self.sentence(event))
    }
  }

  private static func json(_ event: Event) -> EventJSON {
    switch event {
    case .live(let peer, let isEqual): EventJSON(event: "live", remote: peer, equal: isEqual)
    case .changes(let sent, let received):
      EventJSON(event: "changes", changes_sent: sent, changes_received: received)
    case .lost(let reason, let again):
      EventJSON(event: "lost", reason: reason, retry_seconds: again / .seconds(1))
    case .notLive: EventJSON(event: "not_live")
    case .ended: EventJSON(event: "ended")
    }
  }

  private static func count(_ changes: Int) -> String {
    changes == 1 ? "1 change" : "\(changes) changes"
  }

  private static func sentence(_ event: Event) -> String {
    switch event {
    case .live(let peer, true): "live with \(peer)"
    case .live(let peer, false):
      "live with \(peer), which held other changes than this archive when that began: others may be "
        + "writing to both"
    case .changes(let sent, 0): "sent \(count(sent))"
    case .changes(0, let received): "received \(count(received))"
    case .changes(let sent, let received): "sent \(sent) and received \(count(received))"
    case .lost(let reason, let again):
      "\(reason): trying again in \(Int((again / .seconds(1)).rounded(.up))) s"
    case .notLive:
      "the other side does not keep connections open: syncing with it every half minute"
    case .ended: "stopped"
    }
  }
}
