import Foundation
import ReplicaStorage
import Synchronization

/// What a live sync says as it goes on: sentences, or a JSON object a line.
final class LiveReport: Sendable {
  enum Event {
    /// Both sides are equal, and stay connected.
    case live(peer: String)
    case changes(sent: Int, received: Int)
    case lost(reason: String, again: Duration)
    /// The other side does not keep sessions open.
    case notLive
    case ended
  }

  private struct EventJSON: Encodable {
    var event: String
    var remote: String?
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
    case .live(let peer): EventJSON(event: "live", remote: peer)
    case .changes(let sent, let received):
      EventJSON(event: "changes", changes_sent: sent, changes_received: received)
    case .lost(let reason, let again):
      EventJSON(event: "lost", reason: reason, retry_seconds: again / .seconds(1))
    case .notLive: EventJSON(event: "not_live")
    case .ended: EventJSON(event: "ended")
    }
  }

  private static func sentence(_ event: Event) -> String {
    switch event {
    case .live(let peer): "live with \(peer)"
    case .changes(let sent, 0): "sent \(sent) changes"
    case .changes(0, let received): "received \(received) changes"
    case .changes(let sent, let received):
      "sent \(sent) and received \(received) changes"
    case .lost(let reason, let again):
      "\(reason): trying again in \(Int((again / .seconds(1)).rounded(.up))) s"
    case .notLive:
      "the other side does not keep connections open: syncing with it every half minute"
    case .ended: "stopped"
    }
  }
}
