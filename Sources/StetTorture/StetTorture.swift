import Foundation

/// Runs the built programs under kills, stops, a full disk and a faulty line, and looks whether
/// everything that was acknowledged is everywhere in the end.
///
/// Nothing of the programs' insides is used: processes, exit codes and what they print decide.
@main
struct StetTorture {
  static func main() throws {
    if CommandLine.arguments.contains("--help") {
      print(TortureOptions.usage)
      return
    }
    do {
      let options = try TortureOptions(CommandLine.arguments.dropFirst())
      let folder = FileManager.default.temporaryDirectory.appending(
        path: "stet-torture-\(options.seed)-\(getpid())"
      )
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      print("seed \(options.seed), \(options.minutes) minutes")
      let isGood = try isGood(options, in: folder)
      if isGood {
        try FileManager.default.removeItem(at: folder)
      } else {
        print("FAILED: see failures.log, outputs and archives in \(folder.path)")
      }
      exit(isGood ? 0 : 1)
    } catch let problem as TortureProblem {
      FileHandle.standardError.write(Data("torture: \(problem)\n".utf8))
      exit(2)
    }
  }

  private static func isGood(_ options: TortureOptions, in folder: URL) throws -> Bool {
    var torture = try Torture(in: folder, seed: options.seed)
    let report = torture.run(minutes: options.minutes)
    report.write(isVerbose: options.isVerbose)
    return report.isGood
  }
}
