import Foundation
import RevisionReplay

/// Three-way merges that people made, each replayed as two offline replicas.
enum MergesBench {
  static func run() throws {
    let merges = try HumanMerge.all()
    var counts: [HumanMerge.LineMerge: [ReplayedMerge.Verdict: Int]] = [:]
    var seamed: [HumanMerge.LineMerge: Int] = [:]
    let start = ContinuousClock.now
    for merge in merges {
      let replayed = merge.replayed
      guard replayed.leftFirst.content.utf8.elementsEqual(replayed.rightFirst.content.utf8) else {
        throw BenchFailure("\(merge.id): the replicas differ")
      }
      counts[merge.lineMerge, default: [:]][replayed.verdict(merge.merged), default: 0] += 1
      if !replayed.seams.isEmpty { seamed[merge.lineMerge, default: 0] += 1 }
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    var table = Table(
      ["line merge"] + ReplayedMerge.Verdict.allCases.map(\.rawValue) + ["with a seam"]
    )
    for line in HumanMerge.LineMerge.allCases {
      table.add(
        [line.rawValue]
          + ReplayedMerge.Verdict.allCases.map { "\(counts[line]?[$0] ?? 0)" }
          + ["\(seamed[line] ?? 0)"]
      )
    }
    print("what two offline replicas make of \(merges.count) merges, beside what people kept")
    table.write()
    print("difference, merge in both orders, and seams: \(Int(seconds * 1000)) ms")
  }
}
