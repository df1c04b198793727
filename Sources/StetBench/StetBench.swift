import Foundation

/// Times the built programs, each bench beside its floor, measured in the same run.
///
/// A floor is the work that nobody can leave out, done in the plainest way in this process: what a
/// program takes beyond it is our own cost. Times are medians. Bytes and round trips have limits:
/// a run that breaks one ends with exit code 1.
@main
struct StetBench {
  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst()
    if arguments.contains("--help") {
      print(
        """
        usage: Scripts/bench [--quick] [FILE]
          --quick    one run of each bench instead of five
          FILE       JSON Lines to import; else made-up articles
        """
      )
      return
    }
    if arguments.first == "text", let folder = arguments.dropFirst().first {
      try TextBench.run(
        folder: URL(filePath: folder),
        runs: Int(arguments.dropFirst(2).first ?? "5") ?? 5
      )
      return
    }
    let runs = arguments.contains("--quick") ? 1 : 5
    let world = try BenchWorld(input: arguments.first { !$0.hasPrefix("--") })
    var report = Report()
    try ImportBench.run(in: world, runs: runs, &report)
    try SyncBench.run(in: world, runs: runs, &report)
    report.write()
    if report.hasBrokenLimit { exit(1) }
  }
}
