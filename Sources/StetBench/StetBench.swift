import Foundation
import RevisionReplay

/// Times the built programs, each bench beside its floor, measured in the same run.
///
/// A floor is the work that nobody can leave out, done in the plainest way in this process: what a
/// program takes beyond it is our own cost. Times are medians. Bytes and round trips have limits:
/// a run that breaks one ends with exit code 1.
@main
struct StetBench {
  static func main() async throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    switch arguments.first {
    case "--help": print(usage)
    case "merges": try MergesBench.run()
    case "text":
      let folder = arguments.dropFirst().first ?? SharedData.path("editing-traces")
      let runs = arguments.dropFirst(2).first.flatMap(Int.init) ?? 5
      try TextBench.run(folder: URL(filePath: folder), runs: runs)
    case "anchors": try AnchorsBench.run(arguments)
    case "scale":
      guard arguments.count > 1 else { throw BenchFailure("scale needs a FILE") }
      try await reported(over: arguments[1]) { try await ScaleBench.run(in: $0, &$1) }
    case "clones":
      try await reported(over: file(of: arguments)) { try ClonesBench.run(in: $0, &$1) }
    case "index":
      try await reported(over: file(of: arguments)) {
        try IndexBench.run(in: $0, runs: 5, &$1)
      }
    case "lanes":
      try await reported { try await LanesBench.run(in: $0, runs: 5, &$1) }
    case "contact":
      try await reported { try await ContactBench.run(in: $0, laneCount: 10_000, &$1) }
    case "busy":
      try await reported { try await BusyHubBench.run(in: $0, writerCount: 200, &$1) }
    case "writers":
      try await reported {
        try await WritersBench.run(in: $0, writerCount: 200, for: .seconds(10), &$1)
      }
    case "subscribers":
      try await reported { world, report in
        for count in [1000, 10_000] {
          try SubscribersBench.run(in: world, subscriberCount: count, &report)
        }
      }
    default: try await programs(arguments)
    }
  }

  /// The file that a bench is asked to go over, if any.
  private static func file(of arguments: [String]) -> String? {
    arguments.dropFirst().first { !$0.hasPrefix("--") }
  }

  /// Carries a bench out, writes what it measured, and ends with 1 when a limit was broken.
  private static func reported(
    over input: String? = nil,
    _ bench: @Sendable (BenchWorld, inout Report) async throws -> Void
  ) async throws {
    let isKept = try await isKept(over: input, bench)
    if !isKept { exit(1) }
  }

  /// - Returns: whether all limits were kept.
  private static func isKept(
    over input: String?,
    _ bench: @Sendable (BenchWorld, inout Report) async throws -> Void
  ) async throws -> Bool {
    let world = try BenchWorld(input: input)
    var report = Report()
    do {
      try await bench(world, &report)
    } catch {
      FileHandle.standardError.write(Data("bench: \(error)\n".utf8))
      return false
    }
    return !report.hasBrokenLimit
  }

  private static let usage = """
    usage: Scripts/bench [--quick] [FILE]
           Scripts/bench anchors|merges|text
           Scripts/bench scale FILE
           Scripts/bench clones|index [FILE]
           Scripts/bench lanes|contact|busy|writers|subscribers
      --quick    one run of each bench instead of five, and some of scale, in a minute
      FILE       JSON Lines to import; else made-up articles
      anchors    highlights carried through real revisions
      merges     what people merged by hand, merged by two offline replicas
      text       recorded editing histories, merged and loaded
      scale      one run over a large archive, with memory, and all of the following in it
      clones     ten replicas that clone at once
      index      the search index and searches in it
      lanes      nothing to do in an archive of 1, 100 and 10,000 replicas
      contact    first contact of two stores of 10,000 lanes that differ in ten
      busy       a sync with a hub that 200 writers keep busy
      writers    200 writers who push notes for ten seconds
      subscribers  one note to 1,000 and 10,000 who stay connected to a hub
    """

  private static func programs(_ arguments: [String]) async throws {
    let isQuick = arguments.contains("--quick")
    let runs = isQuick ? 1 : 5
    try await reported(over: arguments.first { !$0.hasPrefix("--") }) { world, report in
      try ImportBench.run(in: world, runs: runs, &report)
      try SyncBench.run(in: world, runs: runs, &report)
      if isQuick { try await quick(in: world, &report) }
    }
  }

  /// The benches of a large archive, as far as they go within a minute: for their bytes, round trips
  /// and counts.
  private static func quick(in world: BenchWorld, _ report: inout Report) async throws {
    try await ContactBench.run(in: world, laneCount: 10_000, &report)
    try await WritersBench.run(in: world, writerCount: 50, for: .seconds(1), &report)
  }
}
