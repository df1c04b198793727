/// Everything that decides what happens in a simulated world: one plan, one course of events.
package struct Plan: Sendable {
  package var seed: UInt64
  /// How many things happen before the faults stop.
  package var stepCount: Int
  package var faults: Set<Fault>
  /// Steps that are left out, by their number from 0.
  package var skipped: Set<Int> = []

  /// Faults that make two machines write under one key, or a liar two ways.
  private static let forking: Set<Fault> = [
    .rollback, .twin, .forkAtTheBeginning, .manyBranches, .namedBranch, .bothWays,
  ]

  /// Whether one place of a lane may be written twice.
  var mayFork: Bool { !faults.isDisjoint(with: Self.forking) }

  /// - `faults`: all where not given; in each fifth seed none that forks, so that there a fork is a violation:
  ///   files that are put back and copied must not make one.
  package init(seed: UInt64, stepCount: Int? = nil, faults: Set<Fault>? = nil) {
    self.seed = seed
    self.stepCount = stepCount ?? 30 + Int(seed % 31)
    let all = Set(Fault.allCases)
    self.faults = faults ?? (seed % 5 == 4 ? all.subtracting(Self.forking) : all)
  }
}
