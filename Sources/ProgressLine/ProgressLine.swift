import Foundation
import Synchronization

/// One line on stderr that says how far long work is, how fast, and how long it will take: on a
/// terminal rewritten in place, elsewhere a line every ten seconds.
final class ProgressLine: Sendable {
  private struct State {
    var lastShown: ContinuousClock.Instant
    var isShown = false
  }

  private let verb: String
  private let unit: String
  private let isQuiet: Bool
  private let start: ContinuousClock.Instant
  private let state: Mutex<State>

  init(_ verb: String, unit: String, isQuiet: Bool) {
    self.verb = verb
    self.unit = unit
    self.isQuiet = isQuiet
    start = .now
    state = Mutex(State(lastShown: start))
  }

  func show(_ done: Int, of total: Int?) {
    guard !isQuiet else { return }
    let now = ContinuousClock.now
    let interval: Duration = Console.isErrorTerminal ? .milliseconds(100) : .seconds(10)
    let isDue = state.withLock { state in
      guard now - state.lastShown >= interval else { return false }
      state.lastShown = now
      state.isShown = true
      return true
    }
    guard isDue else { return }
    let line = text(done, of: total, after: now - start)
    if Console.isErrorTerminal {
      Console.writeToStandardError("\r\u{1B}[K\(line)")
    } else {
      Console.note(line)
    }
  }

  /// Takes the line away.
  func finish() {
    if Console.isErrorTerminal, state.withLock({ $0.isShown }) {
      Console.writeToStandardError("\r\u{1B}[K")
    }
  }

  private func text(_ done: Int, of total: Int?, after elapsed: Duration) -> String {
    let seconds = max(
      0.001,
      Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
    )
    let rate = Double(done) / seconds
    var line = "\(verb): \(done)"
    if let total, total > 0 { line += " of \(total)" }
    line += " \(unit), \(Int(rate)) a second"
    if let total, rate > 0, total > done {
      line += ", \(Int(Double(total - done) / rate) + 1) s left"
    }
    return line
  }
}
