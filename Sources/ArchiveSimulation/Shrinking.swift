extension Simulation {
  /// The smallest plan found that still fails: fewer steps, fewer kinds of fault.
  ///
  /// - `budget`: plans to try at most.
  /// - `fails`: whether one fails, which playing it tells.
  package static func shrink(
    _ plan: Plan,
    budget: Int = 200,
    fails: @escaping (Plan) -> Bool = { play($0).complaint != nil }
  ) -> Plan {
    var shrinking = Shrinking(best: plan, budget: budget, fails: fails)
    shrinking.cutEnd()
    shrinking.dropFaults()
    shrinking.dropSteps()
    return shrinking.best
  }
}

private struct Shrinking {
  private(set) var best: Plan
  private var budget: Int
  private let fails: (Plan) -> Bool

  init(best: Plan, budget: Int, fails: @escaping (Plan) -> Bool) {
    self.best = best
    self.budget = budget
    self.fails = fails
  }

  private mutating func take(_ plan: Plan) -> Bool {
    guard budget > 0 else { return false }
    budget -= 1
    guard fails(plan) else { return false }
    best = plan
    return true
  }

  /// Stops earlier: halves what may be cut until nothing more may be.
  mutating func cutEnd() {
    var cut = best.stepCount / 2
    while cut > 0 {
      var plan = best
      plan.stepCount -= cut
      if plan.stepCount < 0 || !take(plan) { cut /= 2 }
    }
  }

  mutating func dropFaults() {
    for fault in Fault.allCases where best.faults.contains(fault) {
      var plan = best
      plan.faults.remove(fault)
      _ = take(plan)
    }
  }

  /// Leaves single steps out, the last ones first: they have the least to do with the others.
  mutating func dropSteps() {
    for step in (0..<best.stepCount).reversed() {
      var plan = best
      plan.skipped.insert(step)
      _ = take(plan)
    }
  }
}
