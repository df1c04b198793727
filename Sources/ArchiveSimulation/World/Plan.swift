/// Everything that decides what happens in a simulated world: one plan, one course of events.
package struct Plan: Sendable {
  package var seed: UInt64
  /// How many things happen before the faults stop.
  package var stepCount: Int
  package var faults: Set<Fault>
  /// Steps that are left out, by their number from 0.
  package var skipped: Set<Int> = []

  /// Whether some faults make two machines write under one key, or a liar two ways.
  var mayFork: Bool {
    let forking: Set<Fault> = [
      .rollback, .twin, .forkAtTheBeginning, .manyBranches, .namedBranch, .bothWays,
    ]
    return !faults.isDisjoint(with: forking)
  }

  package init(seed: UInt64, stepCount: Int? = nil, faults: Set<Fault> = Set(Fault.allCases)) {
    self.seed = seed
    self.stepCount = stepCount ?? 30 + Int(seed % 31)
    self.faults = faults
  }
}
