import ArchiveSimulation
import SyncSimulation
import Testing

@Suite struct SimulationTests {
  @Test func `whatever breaks, nothing acknowledged is lost and all become the same`() async {
    let complaints = await Seeds.complaints(Seeds.first(500)) { seed in
      Simulation.play(Plan(seed: seed)).complaint
    }
    #expect(complaints.isEmpty, "\(complaints.joined(separator: "\n"))")
  }

  @Test(arguments: PastFailures.seeds)
  func `what failed once does not fail again`(seed: UInt64) {
    #expect(Simulation.play(Plan(seed: seed)).complaint == nil)
  }

  @Test func `one seed is one course of events`() {
    for seed in UInt64(1)...5 {
      let reports = (0..<2).map { _ in Simulation.play(Plan(seed: seed), isTraced: true) }
      #expect(reports[0].eventCount == reports[1].eventCount)
      #expect(reports[0].trace == reports[1].trace)
      #expect(reports[0].faults == reports[1].faults)
    }
  }

  @Test func `every kind of fault happens`() {
    var tally: FaultTally = [:]
    for seed in UInt64(1)...400 where tally.count < Fault.allCases.count {
      tally.merge(Simulation.play(Plan(seed: seed)).faults, uniquingKeysWith: +)
    }
    #expect(Set(tally.keys) == Set(Fault.allCases))
  }
}
