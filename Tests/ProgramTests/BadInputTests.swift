import Foundation
import Testing

@Suite struct BadInputTests {
  private let world: World
  private let anna: Machine

  init() throws {
    world = try World()
    anna = try Machine("anna", in: world)
    try anna.write(TestPage.text(), to: "page.txt")
    _ = try anna.stet("init", "desk")
    _ = try anna.stet("import", "page.txt", "--source", "harbour")
  }

  /// One sentence on stderr, the code, nothing on stdout, and the archive as it was.
  private func expectRefusal(
    _ arguments: [String],
    status: Int32,
    saying words: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let before = try anna.digest()
    let run = try Run("stet", arguments, in: anna.folder)
    #expect(run.status == status, "\(run.complaints)", sourceLocation: sourceLocation)
    #expect(run.output.isEmpty, sourceLocation: sourceLocation)
    #expect(run.complaints.contains(words), "\(run.complaints)", sourceLocation: sourceLocation)
    #expect(!run.complaints.contains("Fatal error"), sourceLocation: sourceLocation)
    #expect(try anna.digest() == before, sourceLocation: sourceLocation)
  }

  @Test func `a file that is no text is refused`() throws {
    try Data([0x7F, 0x45, 0x4C, 0x46, 0, 1, 2]).write(to: anna.folder.appending(path: "program"))
    try expectRefusal(["import", "program", "--quiet"], status: 3, saying: "program:")
  }

  @Test func `a page in broken UTF-8 is refused`() throws {
    try Data("News ID: 5\n\nHead\n\n".utf8 + [0xC3, 0x28]).write(
      to: anna.folder.appending(path: "broken.txt")
    )
    try expectRefusal(["import", "broken.txt", "--quiet"], status: 3, saying: "UTF-8")
  }

  @Test func `a line that does not parse is named, and the rest goes on`() throws {
    try anna.write(
      #"{"id": "1", "source": "w", "headline": "One"}"# + "\n{broken\n"
        + #"{"id": "2", "source": "w", "headline": "Two"}"# + "\n",
      to: "wire.jsonl"
    )
    let run = try anna.stet("import", "wire.jsonl", "--json")
    #expect(run.status == 3)
    #expect(run.complaints.contains("line 2"))
    let counts = try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any]
    #expect(counts?["new"] as? Int == 2)
    #expect(counts?["rejected"] as? Int == 1)
  }

  @Test func `an import says of every line whether it was new, there, or there twice`() throws {
    func line(_ id: Int, _ headline: String) -> String {
      #"{"id": "\#(id)", "source": "w", "headline": "\#(headline)"}"# + "\n"
    }
    func counts(of lines: [String]) throws -> [String: Int] {
      try anna.write(lines.joined(), to: "wire.jsonl")
      let run = try anna.stet("import", "wire.jsonl", "--json", "--quiet")
      let counts = try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any]
      return (counts ?? [:]).compactMapValues { $0 as? Int }.filter { $0.key != "seconds" }
    }
    let tooLarge = line(9, String(repeating: "x", count: 1 << 20))
    #expect(
      try counts(of: [line(1, "a"), line(1, "a"), line(2, "a"), tooLarge, tooLarge])
        == ["new": 2, "revised": 0, "unchanged": 0, "duplicate": 1, "rejected": 2]
    )
    // Many batches: the later ones are taken for known, and what is new among them comes in all the same.
    let known = (100..<16_000).map { line($0, String(repeating: "long ", count: 40)) }
    #expect(try counts(of: known)["new"] == known.count)
    let mixed = known + [line(1, "b"), line(3, "a"), line(3, "a")]
    #expect(
      try counts(of: mixed)
        == [
          "new": 1, "revised": 1, "unchanged": known.count, "duplicate": 1, "rejected": 0,
        ]
    )
    #expect(try anna.stet("verify").status == 0)
  }

  @Test func `a missing file is refused`() throws {
    try expectRefusal(["import", "nowhere.txt", "--quiet"], status: 3, saying: "nowhere.txt")
  }

  @Test func `an unknown article is refused`() throws {
    try expectRefusal(["show", "ffffffff"], status: 4, saying: "no article")
    try expectRefusal(["tag", "ffffffff", "+a"], status: 4, saying: "no article")
    try expectRefusal(
      ["annotate", "100231", "--quote", "not in it"],
      status: 4,
      saying: "not in it"
    )
  }

  @Test func `an unknown note, version or collection is refused`() throws {
    for verb in ["edit", "rm", "restore"] {
      try expectRefusal(["note", verb, "ffffffff"], status: 4, saying: "no note")
    }
    try expectRefusal(
      ["note", "reply", "ffffffff", "--note", "x"],
      status: 4,
      saying: "no note"
    )
    try expectRefusal(["pin", "100231", "ffffffff"], status: 4, saying: "no version")
    try expectRefusal(["collection", "show", "June"], status: 4, saying: "no collection")
    try expectRefusal(["rm", "ffffffff"], status: 4, saying: "no article")
    try expectRefusal(["restore", "ffffffff"], status: 4, saying: "no article")
  }

  @Test func `an edited text that cannot be taken is refused`() throws {
    for (text, words) in [
      ("no front matter", "front matter"), ("---\nheadline: \"a\n---\n", "cannot be read"),
      ("---\ncolour: red\n---\n", "no field"),
    ] {
      try anna.write(text, to: "edited.md")
      try expectRefusal(["edit", "100231", "--file", "edited.md"], status: 1, saying: words)
    }
    try Data([0xC3, 0x28]).write(to: anna.folder.appending(path: "broken.md"))
    try expectRefusal(
      ["edit", "100231", "--body", "--file", "broken.md"],
      status: 1,
      saying: "UTF-8"
    )
  }

  @Test func `a hub that does not know the archive is an error`() throws {
    let hub = try Hub(in: world, archives: ["other"])
    #expect(try anna.stet("remote", "add", "origin", hub.url("desk")).status == 0)
    try expectRefusal(["sync"], status: 4, saying: "no archive called desk")
    try expectRefusal(
      ["clone", hub.url("none"), "x.stet"],
      status: 4,
      saying: "no archive called none"
    )
    try expectRefusal(["clone", hub.url("other"), "x.stet"], status: 4, saying: "empty")
    #expect(!FileManager.default.fileExists(atPath: anna.folder.appending(path: "x.stet").path))
    #expect(hub.stop() == 0)
  }

  @Test func `another archive of the same name is refused`() throws {
    let hub = try Hub(in: world, archives: ["desk"])
    let bert = try Machine("bert", in: world)
    #expect(try bert.stet("init", "desk").status == 0)
    #expect(try bert.stet("remote", "add", "origin", hub.url("desk")).status == 0)
    #expect(try bert.stet("sync").status == 0)
    #expect(try anna.stet("remote", "add", "origin", hub.url("desk")).status == 0)
    try expectRefusal(["sync"], status: 8, saying: "another one")
    #expect(hub.stop() == 0)
  }

  @Test func `plain TCP to another machine is refused`() throws {
    #expect(try anna.stet("remote", "add", "origin", "stet://192.0.2.1/desk").status == 0)
    try expectRefusal(["sync"], status: 8, saying: "unencrypted")
  }

  @Test func `no archive here, several, and one that is none`() throws {
    let bert = try Machine("bert", in: world)
    #expect(try bert.stet("list").status == 10)
    #expect(try bert.stet("list", "--archive", "gone.stet").status == 10)
    try bert.write("no database", to: "text.stet")
    let run = try bert.stet("list")
    #expect(run.status == 1)
    #expect(run.complaints.contains("not a stet archive"))
    try bert.write("no database", to: "more.stet")
    #expect(try bert.stet("list").status == 2)
  }

  @Test func `an archive made by a newer version is refused untouched`() throws {
    let file = anna.folder.appending(path: "desk.stet")
    var bytes = try Data(contentsOf: file)
    bytes[63] = 200  // user_version, SQLite file format 1.3, offset 60
    try bytes.write(to: file)
    let run = try anna.stet("import", "page.txt", "--source", "harbour")
    #expect(run.status == 13)
    #expect(run.complaints.contains("newer version"))
    #expect(try Data(contentsOf: file) == bytes)
  }

  @Test func `an archive that another process writes to is locked`() throws {
    let lock = try WriteLock(file: anna.folder.appending(path: "desk.stet").path)
    let run = try anna.stet("annotate", "100231", "--note", "x", "--lock-timeout", "0.2")
    #expect(run.status == 11)
    #expect(run.complaints.contains("another process"))
    try lock.release()
    #expect(try anna.stet("annotate", "100231", "--note", "x").status == 0)
  }

  @Test(arguments: [
    ["frobnicate"], ["list", "--nope"], ["set", "100231", "nonsense"],
    ["set", "100231", "colour=red"],
    ["tag", "100231", "noplus"], ["remote", "add", "x", "http://example.org"],
    ["annotate", "100231"],
    ["sync"], ["sync", "nowhere"], ["edit", "100231"], ["edit", "100231", "--file", "gone.md"],
    ["import", "page.txt", "--fetched", "yesterday"], ["profile", "--name", ""],
    ["pin", "100231", "abcd", "--unpin"], ["collection", "create", ""],
    ["collection", "move", "c", "100231"], ["note", "reply", "abcd", "--note", ""],
  ])
  func `wrong usage is said and changes nothing`(arguments: [String]) throws {
    try expectRefusal(arguments, status: arguments == ["sync", "nowhere"] ? 4 : 2, saying: " ")
  }

  @Test(arguments: [
    "init", "import", "list", "show", "search", "annotate", "tag", "set", "conflicts", "log",
    "status", "digest", "rebuild", "index", "clone",
    "edit", "note list", "note edit", "note reply", "note rm", "note restore", "rm", "restore",
    "pin", "profile", "collection create", "collection list", "collection show", "collection add",
    "collection remove", "collection move", "collection rename", "collection rm",
    "collection restore",
    "sync", "remote add", "remote list", "remote remove",
  ])
  func `every verb has help with an example`(verb: String) throws {
    let words = verb.split(separator: " ").map(String.init)
    let run = try Run("stet", words + ["--help"], in: anna.folder)
    #expect(run.status == 0)
    #expect(run.output.contains("Example:") && run.output.contains("stet \(verb)"))
  }
}
