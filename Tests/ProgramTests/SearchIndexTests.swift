import Foundation
import GRDB
import Testing

/// The search index of an archive with more changes than a search reads by itself.
@Suite struct SearchIndexTests {
  private static let articleCount = 6000

  private let world: World
  private let anna: Machine

  init() throws {
    world = try World()
    anna = try Machine("anna", in: world)
    try anna.write(TestPage.lines(Self.articleCount), to: "wire.jsonl")
    try anna.expect("init", "desk")
    try anna.expect("import", "wire.jsonl", "--quiet")
  }

  private var archive: String { anna.folder.appending(path: "desk.stet").path }

  private struct Found: Equatable {
    let headlines: [String]
    let changes: Int?
    let indexed: Int?
  }

  private func search(_ words: String...) throws -> Found {
    let result = try Run("stet", ["search", "--json", "--limit", "9000"] + words, in: anna.folder)
    guard result.status == 0 else { throw Unexpected(run: result) }
    let json = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
    let articles = json?["articles"] as? [[String: Any]] ?? []
    return Found(
      headlines: articles.map { $0["headline"] as? String ?? "" },
      changes: json?["changes"] as? Int,
      indexed: json?["changes_indexed"] as? Int
    )
  }

  private func indexed() throws -> Int {
    let status = try anna.json("status") as? [String: Any]
    return try #require(status?["changes_indexed"] as? Int)
  }

  @Test func `a search of an index far behind says so, and --wait finds everything`() throws {
    let behind = try search("article")
    #expect(behind == Found(headlines: [], changes: Self.articleCount + 1, indexed: 0))
    #expect(
      try anna.stet("search", "article").complaints.contains("has read 0 of 6001 changes; --wait")
    )
    #expect(try anna.stet("search", "article", "--quiet").complaints.isEmpty)
    #expect(try anna.stet("status").output.contains("0 of 6001 changes read"))

    let whole = try search("article", "--wait")
    #expect(whole.headlines.count == Self.articleCount)
    #expect(whole.indexed == Self.articleCount + 1)
    #expect(try search("article") == whole)
    #expect(try anna.stet("search", "article").complaints.isEmpty)
    #expect(try anna.stet("status").output.contains("6001 of 6001 changes read"))
    #expect(try anna.stet("verify").status == 0)
  }

  @Test func `a search reads a small backlog by itself`() throws {
    try anna.expect("index", "--quiet")
    try anna.expect("annotate", "a7", "--note", "ask the harbour master")
    #expect(try search("harbour").headlines == ["Headline 7"])
  }

  /// Kills it after its first transactions, some of them in the middle of one.
  ///
  /// It may have come to its end before the kill: then it begins again, until four have cut it or so many
  /// have not that something else is wrong.
  @Test func `an index that was killed goes on where it was`() throws {
    try anna.expect("rebuild")
    var cuts = 0
    for _ in 0..<60 where cuts < 4 {
      let before = try indexed()
      let index = try Programs.start(
        "stet",
        ["index", "--detached", "--archive", archive],
        in: anna.folder
      )
      let complaints = Programs.drain(index.complaints)
      _ = wait(for: before + 1 + cuts, while: index.process)
      kill(index.process.processIdentifier, SIGKILL)
      index.process.waitUntilExit()
      _ = complaints()
      let after = try indexed()
      #expect(after >= before)
      if after > before, after <= Self.articleCount { cuts += 1 }
      if after > Self.articleCount { try anna.expect("rebuild") }
    }
    #expect(cuts > 0)
    #expect(try anna.stet("index").status == 0)
    try expectWhole()
  }

  @Test func `two that read on at once do no harm, and a writer beside them gets its turn`() throws
  {
    let words = [["index"], ["index"], ["index", "--detached"], ["index", "--detached"]]
    let runs = try words.map {
      let started = try Programs.start(
        "stet",
        $0 + ["--lock-timeout", "600"] + ["--archive", archive],
        in: anna.folder
      )
      return (started.process, Programs.drain(started.complaints))
    }
    try anna.expect("tag", "--lock-timeout", "600", "a7", "+checked")
    for (process, complaints) in runs {
      process.waitUntilExit()
      #expect(process.terminationStatus == 0, "\(complaints())")
    }
    try expectWhole()
    #expect(try search("checked").headlines == ["Headline 7"])
  }

  @Test func `an import leaves the index to a process that ends when it is up to date`() throws {
    try anna.expect("rebuild")
    let started = try Run(
      "stet",
      ["rebuild"],
      in: anna.folder,
      environment: ["STET_NO_BACKGROUND_INDEX": ""]
    )
    #expect(started.status == 0)
    waitForBackground()
    // Closed, and so whole without anything beside it.
    #expect(!FileManager.default.fileExists(atPath: archive + "-wal"))
    #expect(try indexed() == Self.articleCount + 1)
    try expectWhole()
  }

  @Test func `an option keeps the process from starting`() throws {
    let run = try Run(
      "stet",
      ["rebuild", "--no-background-index"],
      in: anna.folder,
      environment: ["STET_NO_BACKGROUND_INDEX": ""]
    )
    #expect(run.status == 0)
    #expect(try indexed() == 0)
  }

  @Test(arguments: ["moved", "replaced", "removed with its folder"])
  func `the process ends when its archive is`(fate: String) throws {
    let index = try Programs.start(
      "stet",
      ["index", "--detached", "--archive", archive],
      in: anna.folder
    )
    let complaints = Programs.drain(index.complaints)
    guard wait(for: 1, while: index.process) else {
      Issue.record("it ended early: \(complaints())")
      return
    }
    switch fate {
    case "moved": try FileManager.default.moveItem(atPath: archive, toPath: archive + ".old")
    case "replaced":
      try FileManager.default.copyItem(atPath: archive, toPath: archive + ".copy")
      try FileManager.default.removeItem(atPath: archive)
      try FileManager.default.moveItem(atPath: archive + ".copy", toPath: archive)
    default:
      // Again where the process made a file in it at that moment.
      while FileManager.default.fileExists(atPath: anna.folder.path) {
        try? FileManager.default.removeItem(at: anna.folder)
      }
    }
    index.process.waitUntilExit()
    _ = complaints()
    #expect(
      FileManager.default.fileExists(atPath: anna.folder.path)
        == (fate != "removed with its folder")
    )
  }

  // MARK: - Waiting

  /// Waits until the index has read so much.
  ///
  /// - Returns: `false` when the process ended before.
  private func wait(for position: Int, while process: Process) -> Bool {
    while process.isRunning {
      if IndexedChanges.count(in: archive) >= position { return true }
    }
    return IndexedChanges.count(in: archive) >= position
  }

  /// Waits until no process has the archive in its command line.
  ///
  /// A start is over before the verb that starts it ends, so there is none that is only about to run.
  private func waitForBackground() {
    let words = Data("--archive\0\(archive)\0".utf8)
    func isRunning() -> Bool {
      let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
      return processes.contains {
        FileManager.default.contents(atPath: "/proc/\($0)/cmdline")?.range(of: words) != nil
      }
    }
    while isRunning() {}
  }

  private func expectWhole() throws {
    #expect(try search("article").headlines.count == Self.articleCount)
    let run = try anna.stet("verify")
    #expect(run.status == 0, "\(run.output)")
  }
}

/// Looks into an archive file from outside.
private enum IndexedChanges {
  /// How far the index has read; -1 where the file cannot be asked.
  static func count(in file: String) -> Int {
    var configuration = Configuration()
    configuration.busyMode = .timeout(10)
    guard let database = try? DatabaseQueue(path: file, configuration: configuration) else {
      return -1
    }
    defer { try? database.close() }
    let position = try? database.read {
      try Int.fetchOne($0, sql: "SELECT position FROM search_progress")
    }
    return (position ?? nil) ?? -1
  }
}
