import Foundation
import SyncSimulation

/// Kills, stops and lets go on whatever runs; fills the disk and frees it.
struct Chaos: Sendable {
  let programs: RunningPrograms
  let tally: Tally
  let deadline: Deadline

  /// Above the minute that a session waits for its peer, and the ten seconds for a lock.
  private static let hangLimit = Duration.seconds(180)

  /// Sends signals until the deadline.
  func sendSignals(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var stopped: [(end: ContinuousClock.Instant, goOn: @Sendable () -> Void)] = []
    while deadline.pause(milliseconds: .random(in: 5...250, using: &random)) {
      programs.endHung(after: Self.hangLimit)
      for entry in stopped where entry.end <= .now { entry.goOn() }
      stopped.removeAll { $0.end <= .now }
      switch Int.random(in: 0..<3, using: &random) {
      case 0: if programs.killAny(using: &random) { tally.count(\.kills) }
      case 1:
        guard let goOn = programs.stopAny(using: &random) else { continue }
        tally.count(\.stops)
        stopped.append((.now + .milliseconds(.random(in: 5...2500, using: &random)), goOn))
      default: break
      }
    }
    for entry in stopped { entry.goOn() }
  }

  /// Fills the disk and frees it until the deadline.
  func fill(_ disk: SmallDisk, seed: UInt64) {
    var random = SeededRandom(seed: seed)
    while deadline.pause(milliseconds: .random(in: 500...5000, using: &random)) {
      disk.fill(
        leaving: .random(in: 0...(1 << Int.random(in: 10...20, using: &random)), using: &random)
      )
      tally.count(\.fillings)
      _ = deadline.pause(milliseconds: .random(in: 200...2500, using: &random))
      disk.free()
    }
    disk.free()
  }

  /// Watches over verbs that do not end, where no signals are sent any more.
  func endHung() { programs.endHung(after: Self.hangLimit) }
}
