internal import Foundation
internal import Synchronization

/// One line on stderr that says how far long work is, how fast, and how long it will take: on a
/// terminal rewritten in place, elsewhere a line every ten seconds.
package final class ProgressLine: Sendable {
  private struct State {
    var lastShown: ContinuousClock.Instant
    var isShown = false
  }

  private static let isTerminal = isatty(STDERR_FILENO) == 1

  private let verb: String
  private let unit: String
  private let isQuiet: Bool
  private let start: ContinuousClock.Instant
  private let state: Mutex<State>

  /// - `verb`: what is being done, and to what: nothing that could move a terminal's cursor.
  /// - `unit`: of what is counted.
  package init(_ verb: String, unit: String, isQuiet: Bool) {
    self.verb = verb
    self.unit = unit
    self.isQuiet = isQuiet
    start = .now
    state = Mutex(State(lastShown: start))
  }

  /// - `total`: `nil` where it is not known.
  package func show(_ done: Int, of total: Int?) {
    guard !isQuiet else { return }
    let now = ContinuousClock.now
    let interval: Duration = Self.isTerminal ? .milliseconds(100) : .seconds(10)
    let isDue = state.withLock { state in
      guard now - state.lastShown >= interval else { return false }
      state.lastShown = now
      state.isShown = true
      return true
    }
    guard isDue else { return }
    let line = text(done, of: total, after: now - start)
    if Self.isTerminal {
      write("\r\u{1B}[K\(line)")
    } else {
      write(line + "\n")
    }
  }

  /// Takes the line away.
  package func finish() {
    if Self.isTerminal, state.withLock({ $0.isShown }) {
      write("\r\u{1B}[K")
    }
  }

  /// Writes after what was printed before, where nobody may listen: an error there is no reason to stop.
  private func write(_ text: String) {
    fflush(nil)
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
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
