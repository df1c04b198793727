/// Everything that decides what happens in a simulated world: one plan, one course of events.
package struct Plan: Sendable {
  package var seed: UInt64
  /// How many things happen before the faults stop.
  package var stepCount: Int
  package var faults: Set<Fault>
  /// Steps that are left out, by their number from 0.
  package var skipped: Set<Int> = []

  /// The faults that Stet is built to bear.
  package static let bearableFaults = Set(Fault.allCases).subtracting([.rollback])

  package init(seed: UInt64, stepCount: Int? = nil, faults: Set<Fault> = bearableFaults) {
    self.seed = seed
    self.stepCount = stepCount ?? 30 + Int(seed % 31)
    self.faults = faults
  }
}
