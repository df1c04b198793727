import ArchiveSimulation
import Testing

@Suite struct ShrinkingTests {
  /// Fails where two steps happen and the power goes.
  private static func fails(_ plan: Plan) -> Bool {
    let steps = [7, 12]
    return plan.faults.contains(.crash)
      && steps.allSatisfy { $0 < plan.stepCount && !plan.skipped.contains($0) }
  }

  @Test func `of a plan that fails, what makes it fail is left`() {
    let small = Simulation.shrink(Plan(seed: 1, stepCount: 60), fails: Self.fails)
    #expect(small.stepCount == 13)
    #expect(small.faults == [.crash])
    #expect(Set(0..<13).subtracting(small.skipped) == [7, 12])
  }

  @Test func `no more plans are tried than are allowed, and the last that failed is kept`() {
    var tried = 0
    let small = Simulation.shrink(Plan(seed: 1, stepCount: 60), budget: 10) {
      tried += 1
      return Self.fails($0)
    }
    #expect(tried == 10)
    #expect(Self.fails(small))
  }
}
