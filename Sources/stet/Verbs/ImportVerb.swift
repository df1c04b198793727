import ArgumentParser
import ArchiveModel
import ChangeLog
import Foundation
import Interchange
import ReplicaStorage

/// `stet import`.
struct ImportVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Take articles in: saved text pages, or JSON Lines (gzip or plain).",
    discussion: """
      What is there already is left alone; a page that has changed adds a version and keeps the \
      old one. A line that is no article is reported, and the rest goes on (exit code 3).

      Of several versions the one that its source modified last is current, else the one that was \
      fetched last. Say with --fetched when an old capture was fetched: else it counts as fetched now.

      Example:
        stet import page.txt --source iranpress
        stet import wire-1987.jsonl.gz
        stet import 2019/page.txt --source iranpress --fetched 2019-09-16
        stet import --explain page.txt
      """
  )

  @OptionGroup var global: GlobalOptions
  @Argument(help: "Files.", completion: .file()) var files: [String] = []
  @Option(help: "The source of pages, and of lines that name none.") var source: String?
  @Option(help: "Their language (BCP 47), where they name none.") var language: String?
  @Option(help: "A JSON file with the labels and furniture of a page layout.", completion: .file())
  var profile: String?
  @Option(help: "When the files were fetched (2019-09-16, 2019-09-16T02:42:00Z); else now.")
  var fetched: String?
  @Option(help: "Say what becomes of each line of a page, and import nothing.", completion: .file())
  var explain: String?

  func validate() throws {
    guard !files.isEmpty || explain != nil else {
      throw ValidationError("name a file to import, or one to --explain")
    }
  }

  func run() throws {
    let options = ImportOptions(
      source: source,
      language: language,
      profile: try Self.profile(in: profile)
    )
    if let explain {
      try PageExplanationOutput.write(explain, options: options, json: global.json)
      return
    }
    let fetched = try self.fetched.map { try Self.time($0) } ?? Machine.now()
    let replica = try global.open()
    let start = ContinuousClock.now
    var run = ImportRun(replica: replica, options: options, fetched: fetched, isQuiet: global.quiet)
    for file in files { run.take(file) }
    try global.index.close(replica)
    // What was imported before it is in the archive; the counts would hide that something is missing.
    if let failure = run.failure { throw failure }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    if global.json {
      try JSONOutput.write(ImportJSON(run.counts, seconds: seconds))
    } else if !global.quiet {
      Console.note(run.counts.sentence)
    }
    if run.counts.rejected > 0 { throw ExitCode(ExitStatus.partlyDone.rawValue) }
  }

  private static func time(_ text: String) throws -> Int64 {
    guard let time = Instant.milliseconds(ofISO: text) else {
      throw VerbFailure(
        .usage,
        "\"\(text)\" is no time for --fetched: write 2019-09-16 or 2019-09-16T02:42:00Z (UTC)"
      )
    }
    return time
  }

  private static func profile(in file: String?) throws -> LabelledTextProfile {
    guard let file else { return .agencyPage }
    do {
      let data = try Data(contentsOf: URL(filePath: file))
      return try JSONDecoder().decode(LabelledTextProfile.self, from: data)
    } catch is DecodingError {
      throw VerbFailure(.usage, "\(file) is not a profile: see 'stet import --help'")
    } catch {
      throw VerbFailure(.usage, "\(file) cannot be read")
    }
  }
}

private struct ImportJSON: Encodable {
  let new: Int
  let revised: Int
  let unchanged: Int
  let duplicate: Int
  let rejected: Int
  let seconds: Double

  init(_ counts: ImportCounts, seconds: Double) {
    new = counts.new
    revised = counts.revised
    unchanged = counts.unchanged
    duplicate = counts.duplicate
    rejected = counts.rejected
    self.seconds = seconds
  }
}
