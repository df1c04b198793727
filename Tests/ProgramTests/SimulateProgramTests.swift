import Foundation
import Testing

@Suite struct SimulateProgramTests {
  private func simulate(_ words: String...) throws -> Run {
    try Run("StetSimulator", words, in: FileManager.default.temporaryDirectory)
  }

  @Test func `of seeds and minutes, what comes first ends it`() throws {
    let seeds = try simulate("--seeds", "3", "--minutes", "10", "--jobs", "1")
    #expect(seeds.status == 0)
    #expect(seeds.output.hasPrefix("seeds     3, 0 failed\n"), "\(seeds.output)")
    let minutes = try simulate("--seeds", "1000000000", "--minutes", "0.001")
    #expect(minutes.status == 0)
    #expect(minutes.output.contains("bit flipped in a file at rest"))
  }

  @Test func `a seed is replayed and told`() throws {
    let run = try simulate("--seed", "1")
    #expect(run.status == 0)
    #expect(run.output.contains(" ms: replica "))
    #expect(run.output.contains("seed 1: all is well, "))
  }

  @Test(arguments: [
    ["--seeds", "0"], ["--jobs", "0"], ["--minutes", "0"], ["--minutes", "inf"], ["--seed", "x"],
    ["--from", "18446744073709551615"],
  ])
  func `bad arguments are refused`(words: [String]) throws {
    let run = try simulate(words[0], words[1])
    #expect(run.status == 64)
    #expect(!run.complaints.isEmpty)
  }
}
