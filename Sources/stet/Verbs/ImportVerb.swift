import ArgumentParser
import ArchiveModel
import ChangeLog
import Foundation
import Interchange
import ReplicaStorage
import Synchronization

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

/// What became of the records of an import.
struct ImportCounts {
  var new = 0
  var revised = 0
  var unchanged = 0
  /// The same input twice in one import.
  var duplicate = 0
  var rejected = 0
  /// Those of which the archive had everything.
  var knownCount: Int { unchanged + duplicate }

  var sentence: String {
    if new + revised + rejected + duplicate == 0 {
      return "nothing has changed: all \(unchanged) were here already"
    }
    return "\(new) new, \(revised) revised, \(unchanged) unchanged, \(duplicate) duplicate, "
      + "\(rejected) rejected"
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

/// One run of the verb over several files.
struct ImportRun {
  private let replica: Replica
  private let options: ImportOptions
  /// ms since 1970-01-01 UTC.
  private let fetched: Int64
  private let isQuiet: Bool
  private let outlook = ImportOutlook()
  private var action: UInt64?
  /// The first 8 bytes of the hashes of what was taken: an input that the archive knows came with this
  /// import where it is among them.
  private var seen: Set<UInt64> = []
  private(set) var counts = ImportCounts()
  /// The first thing that stopped everything.
  private(set) var failure: (any Error)?

  init(replica: Replica, options: ImportOptions, fetched: Int64, isQuiet: Bool) {
    self.replica = replica
    self.options = options
    self.fetched = fetched
    self.isQuiet = isQuiet
  }

  /// Imports one file.
  ///
  /// What is wrong with the file is reported, and the next one goes on.
  mutating func take(_ path: String) {
    guard failure == nil else { return }
    let progress = ProgressLine("import", unit: "bytes", isQuiet: isQuiet)
    defer { progress.finish() }
    do {
      let origin = URL(filePath: path).lastPathComponent
      let batches = ArticleBatches(path: path, options: options) { [fetched, outlook] record in
        PreparedRecord(record, fetched: fetched, origin: origin, outlook)
      }
      var end = FileEnd.notReached
      while case .notReached = end {
        end = try transaction(from: batches, path: path, progress)
      }
      if case .damaged(let problem) = end { throw problem }
    } catch let problem as ImportFailure {
      progress.finish()
      counts.rejected += 1
      Console.complain("\(path): \(problem.description)")
    } catch {
      failure = error
    }
  }

  private enum FileEnd {
    case notReached
    case reached
    /// What came before the damage counts.
    case damaged(ImportFailure)
  }

  /// Imports some batches in one transaction: enough that reading, writing and compressing overlap,
  /// few enough that others get the lock now and then.
  private mutating func transaction(
    from batches: ArticleBatches<PreparedRecord>,
    path: String,
    _ progress: ProgressLine
  ) throws -> FileEnd {
    var end = FileEnd.notReached
    action = try replica.write(continuing: action) { writer in
      for _ in 0..<Self.batchesPerTransaction {
        let batch: ArticleBatches<PreparedRecord>.Batch?
        do throws(ImportFailure) {
          batch = try batches.next()
        } catch {
          end = .damaged(error)
          break
        }
        guard let batch else {
          end = .reached
          break
        }
        defer { progress.show(batch.bytesRead, of: batch.totalBytes) }
        let knownCount = counts.knownCount
        for record in batch.records {
          try Self.take(record, path: path, writer, &counts, &seen)
        }
        outlook.note(known: counts.knownCount - knownCount, of: batch.records.count)
      }
      return writer.action
    }
    return end
  }

  private static let batchesPerTransaction = 8

  private static func take(
    _ record: PreparedRecord,
    path: String,
    _ writer: ReplicaWriter,
    _ counts: inout ImportCounts,
    _ seen: inout Set<UInt64>
  ) throws {
    switch record {
    case .rejected(let rejection):
      counts.rejected += 1
      Console.complain("\(place(path, rejection.line)): \(rejection.reason)")
    case .version(let version, let line):
      do {
        switch try version.imported(by: writer) {
        case .new: counts.new += 1
        case .revised: counts.revised += 1
        case .unchanged where seen.contains(version.mark): counts.duplicate += 1
        case .unchanged: counts.unchanged += 1
        }
        seen.insert(version.mark)
      } catch LogFailure.tooLarge {
        counts.rejected += 1
        Console.complain(
          "\(place(path, line)): is larger than 1 MiB, the most that an archive takes"
        )
      }
    }
  }

  private static func place(_ path: String, _ line: Int?) -> String {
    line.map { "\(path), line \($0)" } ?? path
  }
}

/// A record of an input, with what was done of it ahead.
private enum PreparedRecord: Sendable {
  /// With its line, counted from 1; `nil` where the whole file is one article.
  case version(PreparedVersion, line: Int?)
  case rejected(Rejection)

  init(_ record: ImportedRecord, fetched: Int64, origin: String, _ outlook: ImportOutlook) {
    switch record {
    case .rejected(let rejection): self = .rejected(rejection)
    case .article(let article):
      let raw = Hash(of: article.raw)
      let version: PreparedVersion =
        outlook.isOfKnown
        ? .named(article.version, raw: raw, fetched: fetched, origin: origin)
        : .whole(
          ImportedVersion(
            article.version,
            raw: raw,
            fetched: fetched,
            origin: origin,
            salt: Machine.randomBytes(PreparedPayload.saltByteCount)
          )
        )
      self = .version(version, line: article.line)
    }
  }
}

/// A version with everything that can be done without the archive, or with no more than its input's
/// hash, which is all that it takes to find it there.
private enum PreparedVersion: Sendable {
  case whole(ImportedVersion)
  case named(ArticleVersion, raw: Hash, fetched: Int64, origin: String)

  /// The first 8 bytes of the input's hash.
  var mark: UInt64 {
    switch self {
    case .whole(let version): Self.mark(version.raw)
    case .named(_, let raw, _, _): Self.mark(raw)
    }
  }

  private static func mark(_ hash: Hash) -> UInt64 {
    hash.prefix.reduce(0) { $0 << 8 | UInt64($1) }
  }

  func imported(by writer: ReplicaWriter) throws -> ImportVerdict {
    switch self {
    case .whole(let version): try writer.importVersion(version).verdict
    case .named(let version, let raw, let fetched, let origin):
      try writer.importVersion(version, raw: raw, fetched: fetched, origin: origin).verdict
    }
  }
}

/// Whether what comes next is likely there already, as in a file that is imported again: to prepare it
/// would be for nothing.
///
/// A guess, which costs time where it is wrong and nothing else.
private final class ImportOutlook: Sendable {
  private let isKnown = Atomic(false)

  var isOfKnown: Bool { isKnown.load(ordering: .relaxed) }

  /// - `known`: records of a batch that the archive had.
  func note(known: Int, of count: Int) {
    isKnown.store(2 * known > count, ordering: .relaxed)
  }
}
