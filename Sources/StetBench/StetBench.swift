import Foundation
import RevisionReplay

/// Times the built programs, each bench beside its floor, measured in the same run.
///
/// A floor is the work that nobody can leave out, done in the plainest way in this process: what a
/// program takes beyond it is our own cost. Times are medians. Bytes and round trips have limits:
/// a run that breaks one ends with exit code 1.
@main
struct StetBench {
  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst()
    switch arguments.first {
    case "--help": print(usage)
    case "merges": try MergesBench.run()
    case "text":
      let folder = arguments.dropFirst().first ?? SharedData.path("editing-traces")
      let runs = arguments.dropFirst(2).first.flatMap(Int.init) ?? 5
      try TextBench.run(folder: URL(filePath: folder), runs: runs)
    case "scale":
      guard let input = arguments.dropFirst().first else {
        throw BenchFailure("scale needs a FILE")
      }
      try ScaleBench.run(in: BenchWorld(input: input))
    case "writers": try reporting { try WritersBench.run(in: BenchWorld(input: nil), &$0) }
    case "subscribers":
      try reporting { report in
        for count in [1000, 10_000] {
          try SubscribersBench.run(
            in: BenchWorld(input: nil),
            subscriberCount: count,
            &report
          )
        }
      }
    case "anchors": try AnchorsBench.run(Array(arguments))
    default: try programs(Array(arguments))
    }
  }

  private static let usage = """
    usage: Scripts/bench [--quick] [FILE]
           Scripts/bench anchors|merges|text|writers|subscribers
           Scripts/bench scale FILE
      --quick    one run of each bench instead of five
      FILE       JSON Lines to import; else made-up articles
      anchors    highlights carried through real revisions
      merges     what people merged by hand, merged by two offline replicas
      writers    200 who write to a hub at once
      subscribers  one note to 1,000 and 10,000 who stay connected to a hub
      scale      one run over a large archive, with memory
      text       recorded editing histories, merged and loaded
    """

  private static func reporting(_ bench: (inout Report) throws -> Void) throws {
    var report = Report()
    try bench(&report)
    report.write()
  }

  private static func programs(_ arguments: [String]) throws {
    let runs = arguments.contains("--quick") ? 1 : 5
    let world = try BenchWorld(input: arguments.first { !$0.hasPrefix("--") })
    var report = Report()
    try ImportBench.run(in: world, runs: runs, &report)
    try SyncBench.run(in: world, runs: runs, &report)
    report.write()
    if report.hasBrokenLimit { exit(1) }
  }
}
