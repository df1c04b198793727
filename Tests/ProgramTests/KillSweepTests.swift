import Foundation
import GRDB
import Testing

/// Programs killed before any of their calls to the system, and run again.
///
/// SIGKILL leaves what was written, synced or not: of a loss of power the simulator tells, and of the
/// order of fsyncs `DurabilityTests`.
@Suite struct KillSweepTests {
  struct Story: Sendable, CustomTestStringConvertible {
    let program: String
    let words: [String]
    /// What a run that is not killed says.
    var status: Int32 = 0
    /// What people do before, to an archive with an article with one note.
    var prepare: @Sendable (Machine) throws -> Void = { _ in }
    /// What then happens to the file, whose digest it is to come to again.
    var spoil: @Sendable (Machine) throws -> Void = { _ in }
    /// After a kill and after the run that follows: besides `verify`, what must be so.
    let expect: @Sendable (Machine, Start) throws -> Void
    /// What may be in the folder at the end, besides what was there at the beginning.
    let leftovers: [String]

    var testDescription: String { "\(program) \(words.joined(separator: " "))" }
  }

  /// What was there before.
  struct Start: Sendable {
    let digest: String
    let names: Set<String>
  }

  /// How many kills there are at most in one story; they are spread evenly.
  private static let killLimit = 40

  private static let stories = [
    Story(
      program: "stet",
      words: ["annotate", "100231", "--note", "another"],
      expect: { machine, _ in
        let notes = try machine.notes()
        #expect(notes == ["one", "another"])
      },
      leftovers: []
    ),
    Story(
      program: "stet",
      words: ["import", "wire.jsonl"],
      prepare: { try $0.write(TestPage.lines(30), to: "wire.jsonl") },
      expect: { machine, _ in
        let articles = try machine.json("list") as? [Any]
        #expect(articles?.count == 31)
        let notes = try machine.notes()
        #expect(notes == ["one"])
      },
      leftovers: []
    ),
    Story(
      program: "stet",
      words: ["repair", "--from", "desk.copy"],
      spoil: { machine in
        let file = machine.folder.appending(path: "desk.stet")
        let copy = machine.folder.appending(path: "desk.copy")
        try FileManager.default.copyItem(at: file, to: copy)
        try DamagedPack.damage(2, of: file)
      },
      expect: { machine, start in
        let digest = try machine.digest()
        #expect(digest == start.digest)
      },
      leftovers: ["desk.stet.damaged-"]
    ),
    Story(
      program: "stet",
      words: ["digest"],
      spoil: { machine in
        // As a file of the third version was.
        let queue = try DatabaseQueue(path: machine.folder.appending(path: "desk.stet").path)
        try queue.write {
          try $0.execute(sql: "ALTER TABLE texts DROP COLUMN weight; PRAGMA user_version = 3")
        }
        try queue.close()
      },
      expect: { machine, start in
        let digest = try machine.digest()
        #expect(digest == start.digest)
        for name in try machine.names() where name.contains(".before-v") {
          let queue = try DatabaseQueue(path: machine.folder.appending(path: name).path)
          let version = try queue.read { try Int.fetchOne($0, sql: "PRAGMA user_version") }
          #expect(version == 3, "\(name)")
          try queue.close()
        }
      },
      leftovers: ["desk.stet.before-v"]
    ),
    Story(
      program: "stet",
      words: ["backup", "create", "backup"],
      prepare: { machine in
        try machine.expect("backup", "create", "backup")
        try machine.expect("annotate", "100231", "--note", "since")
      },
      expect: { machine, start in
        let checked = try machine.json("backup", "check", "backup") as? [String: Any]
        #expect(checked?["digest"] as? String == start.digest)
      },
      leftovers: []
    ),
  ]

  @Test(arguments: stories)
  func `a program killed at any of its calls is run again, and nothing is lost`(story: Story) throws
  {
    let world = try World()
    let anna = try Machine("anna", in: world)
    try anna.write(TestPage.text(), to: "page.txt")
    try anna.expect("init", "desk")
    try anna.expect("import", "page.txt", "--source", "harbour")
    try anna.expect("annotate", "100231", "--note", "one")
    try story.prepare(anna)
    let digest = try anna.digest()
    try story.spoil(anna)
    let start = Start(digest: digest, names: try anna.names())
    let beginning = world.folder.appending(path: "beginning")
    try Shell.run("cp", "-a", anna.folder.path, beginning.path)

    let recorder = CallRecorder(in: world.folder)
    let whole = try run(story, on: anna, recorder.environment())
    try #require(whole.status == story.status, "\(whole.complaints)")
    try expectRest(of: story, on: anna, since: start)
    let moments = Self.moments(in: try recorder.take())
    try #require(moments.count >= 8)
    var killCount = 0
    for moment in moments {
      try Shell.run("rm", "-rf", anna.folder.path)
      try Shell.run("cp", "-a", beginning.path, anna.folder.path)
      let killed = try run(story, on: anna, recorder.environment(killedBefore: moment))
      // With other keys and salts a run may have a write fewer.
      let isOver = try recorder.take().count < moment
      #expect(killed.status == SIGKILL || isOver, "\(moment): \(killed.complaints)")
      if killed.status == SIGKILL { killCount += 1 }
      if story.words[0] == "annotate" || story.words[0] == "import" { try expectMark(of: anna) }
      let again = try run(story, on: anna, [:])
      #expect(again.status == story.status, "killed before \(moment): \(again.complaints)")
      try expectRest(of: story, on: anna, since: start)
    }
    #expect(killCount >= moments.count - 2)
  }

  private func run(
    _ story: Story,
    on machine: Machine,
    _ environment: [String: String]
  ) throws -> Run {
    try Run(story.program, story.words, in: machine.folder, environment: environment)
  }

  private func expectRest(of story: Story, on machine: Machine, since start: Start) throws {
    try story.expect(machine, start)
    let verified = try machine.stet("verify")
    #expect(verified.status == 0, "\(verified.complaints)")
    // A reader leaves an empty write-ahead log where a killed process left one.
    let more = try machine.names().subtracting(start.names).filter { name in
      !(story.leftovers + ["desk.stet-"]).contains { name.hasPrefix($0) }
    }
    #expect(more == [])
  }

  /// The mark beside an archive is never behind its log, whenever its writer died.
  private func expectMark(of machine: Machine) throws {
    let folder = machine.folder.appending(path: "state/stet/marks")
    let marks = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".json") && !$0.hasPrefix(".") }
    #expect(marks.count == 1)
    let text = try Data(contentsOf: folder.appending(path: marks.first ?? ""))
    let mark = try JSONSerialization.jsonObject(with: text) as? [String: Any]
    let position = try #require(mark?["position"] as? Int)
    let file = machine.folder.appending(path: "desk.stet").path
    // Read in a copy: whoever opens the file moves its write-ahead log into it.
    let copy = machine.folder.appending(path: "look.stet").path
    for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: file + suffix) {
      try FileManager.default.copyItem(atPath: file + suffix, toPath: copy + suffix)
    }
    #expect(try StoredChanges.count(in: copy) <= position)
    for suffix in ["", "-wal", "-shm"] {
      try? FileManager.default.removeItem(atPath: copy + suffix)
    }
  }

  /// The calls to kill before: all that begin something else than the one before them, up to a bound.
  private static func moments(in calls: [SystemCall]) -> [Int] {
    let all = calls.indices.filter { index in
      let call = calls[index]
      guard !(call.paths.first ?? "").hasSuffix("-shm") else { return false }
      return index == 0 || call.kind != .write || call != calls[index - 1]
    }.map { $0 + 1 }
    guard all.count > killLimit else { return all }
    return (0..<killLimit).map { all[$0 * all.count / killLimit] }
  }
}

extension Machine {
  fileprivate func names() throws -> Set<String> {
    Set(try FileManager.default.contentsOfDirectory(atPath: folder.path))
  }

  fileprivate func notes() throws -> Set<String> {
    let shown = try json("show", "100231") as? [String: Any]
    let notes = (shown?["annotations"] as? [[String: Any]])?.compactMap { $0["note"] as? String }
    return Set(notes ?? [])
  }
}
