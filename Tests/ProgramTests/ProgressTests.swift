import Foundation
import Testing

/// Work that takes a while and says on a terminal how far it is.
private struct LongWork: CustomStringConvertible {
  var program = "stet"
  let verb: String
  /// What the line begins with.
  let name: String
  /// Of what is counted.
  var unit = "changes"
  /// Makes things ready, and gives what follows the verb.
  let prepare: @Sendable (LargeDesk, Machine) throws -> [String]

  var description: String { "\(program) \(verb)" }

  static let all = [
    LongWork(verb: "import", name: "import", unit: "bytes") { desk, machine in
      try machine.expect("init", "desk")
      return [desk.wire.path]
    },
    LongWork(verb: "verify", name: "verify", prepare: copyArchive),
    LongWork(verb: "verify --quick", name: "verify", prepare: copyArchive),
    LongWork(verb: "index", name: "index", prepare: copyArchive),
    LongWork(verb: "rebuild", name: "rebuild", prepare: copyArchive),
    LongWork(verb: "compact", name: "compact", prepare: copyArchive),
    LongWork(verb: "sync", name: "sync") { desk, machine in
      try desk.copyEmptyArchive(to: machine)
      return [desk.hub.url("desk")]
    },
    LongWork(verb: "clone", name: "clone") { desk, _ in [desk.hub.url("desk")] },
    LongWork(verb: "clone", name: "clone", unit: "packs") { desk, _ in [desk.bundle.path] },
    LongWork(verb: "bundle apply", name: "bundle", unit: "packs") { desk, machine in
      try desk.copyEmptyArchive(to: machine)
      return [desk.bundle.path]
    },
    LongWork(verb: "bundle verify", name: "verify", unit: "packs") { desk, _ in
      [desk.bundle.path]
    },
    LongWork(verb: "backup create", name: "backup") { desk, machine in
      try desk.copyArchive(to: machine)
      return ["backup"]
    },
    LongWork(verb: "backup check", name: "check") { desk, _ in [desk.backup.path] },
    LongWork(verb: "backup restore", name: "restore") { desk, _ in
      [desk.backup.path, "desk.stet"]
    },
    LongWork(program: "stetd", verb: "verify", name: "verify desk", prepare: nameHub),
    LongWork(program: "stetd", verb: "verify --quick", name: "verify desk", prepare: nameHub),
  ]

  @Sendable private static func copyArchive(
    of desk: LargeDesk,
    to machine: Machine
  ) throws -> [String] {
    try desk.copyArchive(to: machine)
    return []
  }

  @Sendable private static func nameHub(of desk: LargeDesk, for machine: Machine) -> [String] {
    ["--data", desk.hubFolder.path]
  }
}

/// An archive of many articles, in all the forms that work begins with.
private final class LargeDesk {
  let wire: URL
  let bundle: URL
  let backup: URL
  let hubFolder: URL
  let hub: Hub
  private let empty: URL
  private let archive: URL

  init(in world: World, articles count: Int) throws {
    let anna = try Machine("anna", in: world)
    let file = anna.folder.appending(path: "desk.stet").path
    wire = anna.folder.appending(path: "wire.jsonl")
    empty = world.folder.appending(path: "empty")
    archive = world.folder.appending(path: "archive")
    bundle = world.folder.appending(path: "desk.bundle")
    backup = world.folder.appending(path: "backup")
    hubFolder = world.folder.appending(path: "hub")
    hub = try Hub(in: world, archives: ["desk"])
    try anna.write(TestPage.lines(count), to: "wire.jsonl")
    try anna.expect("init", "desk")
    try Shell.run("cp", file, empty.path)
    try anna.expect("import", "wire.jsonl")
    try anna.expect("sync", hub.url("desk"))
    // No digest of it was computed yet: who makes a backup of it does that first.
    try Shell.run("cp", file, archive.path)
    try anna.expect("bundle", "create", bundle.path)
    try anna.expect("backup", "create", backup.path)
  }

  func copyArchive(to machine: Machine) throws {
    try Shell.run("cp", archive.path, machine.folder.path + "/desk.stet")
  }

  /// Gives a machine the archive as it was before the first article.
  func copyEmptyArchive(to machine: Machine) throws {
    try Shell.run("cp", empty.path, machine.folder.path + "/desk.stet")
  }
}

@Suite struct ProgressTests {
  /// A line is due only when work has taken a while: work that was over before gets a larger archive.
  @Test func `long work says how far it is on a terminal, takes that away, and not elsewhere`()
    throws
  {
    var waiting = LongWork.all
    for count in [8_000, 24_000, 72_000, 216_000] where !waiting.isEmpty {
      let world = try World()
      let desk = try LargeDesk(in: world, articles: count)
      waiting = try waiting.filter { try !Self.isShown($0, on: desk) }
      #expect(desk.hub.stop() == 0)
    }
    #expect(waiting.isEmpty, "nothing is shown of \(waiting)")
  }

  /// - Returns: whether the work took so long that a line was due.
  private static func isShown(_ work: LongWork, on desk: LargeDesk) throws -> Bool {
    let run = try begin(work, on: desk) { words, folder in
      try TerminalRun(work.program, words, in: folder)
    }
    #expect(run.status == 0, "\(work): \(run.left)")
    // Were the line not taken away, it would be among what is left.
    let lines = run.rewritten + run.left
    guard lines.contains(where: { $0.hasPrefix(work.name + ": ") }) else { return false }
    let line = try Regex(
      "[a-z ]+: ([0-9]+) of ([0-9]+) \(work.unit), [0-9]+ a second(, [0-9]+ s left)?",
      as: (Substring, Substring, Substring, Substring?).self
    )
    for text in run.rewritten {
      let match = try #require(try line.wholeMatch(in: text), "\(work): \(text)")
      let (done, total) = (try #require(Int(match.1)), try #require(Int(match.2)))
      #expect((0...total).contains(done), "\(work): \(text)")
    }
    #expect(!run.left.contains { $0.contains(" a second") }, "\(work): \(run.left)")

    let quiet = try begin(work, on: desk) { words, folder in
      try TerminalRun(work.program, words + ["--quiet"], in: folder)
    }
    #expect(quiet.status == 0 && quiet.isSilent, "\(work): \(quiet)")

    let piped = try begin(work, on: desk) { words, folder in
      try Run(work.program, words, in: folder)
    }
    #expect(piped.status == 0, "\(work): \(piped.complaints)")
    // Work of more than ten seconds has whole lines there.
    #expect(!piped.complaints.contains("\u{1B}"), "\(work): \(piped.complaints)")
    return true
  }

  /// Runs the work on a machine of its own.
  private static func begin<Outcome>(
    _ work: LongWork,
    on desk: LargeDesk,
    _ run: ([String], URL) throws -> Outcome
  ) throws -> Outcome {
    let world = try World()
    defer { withExtendedLifetime(world) {} }
    let machine = try Machine("bert", in: world)
    let words = work.verb.split(separator: " ").map(String.init)
    return try run(words + (try work.prepare(desk, machine)), machine.folder)
  }
}
