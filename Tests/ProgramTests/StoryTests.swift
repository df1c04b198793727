import Foundation
import Testing

@Suite struct StoryTests {
  @Test func `two machines end with one archive, and a headline that both changed is a conflict`()
    throws
  {
    let world = try World()
    let hub = try Hub(in: world, archives: ["desk"])
    let anna = try Machine("anna", in: world)
    let bert = try Machine("bert", in: world)

    try anna.write(TestPage.text(), to: "page.txt")
    #expect(try anna.stet("init", "desk").status == 0)
    #expect(try anna.stet("import", "page.txt", "--source", "harbour").status == 0)
    #expect(
      try anna.stet("annotate", "100231", "--quote", "a long debate", "--note", "how long?").status
        == 0
    )
    #expect(try anna.stet("tag", "100231", "+ferry", "-draft").status == 0)
    #expect(try anna.stet("remote", "add", "origin", hub.url("desk")).status == 0)
    #expect(try anna.stet("sync").status == 0)

    #expect(try bert.stet("clone", hub.url("desk")).status == 0)
    #expect(try bert.digest() == anna.digest())
    #expect(try bert.stet("annotate", "100231", "--note", "seen").status == 0)
    #expect(try bert.stet("tag", "100231", "+harbour").status == 0)
    #expect(try bert.stet("set", "100231", "headline=Bert's").status == 0)
    #expect(try anna.stet("set", "100231", "headline=Anna's").status == 0)
    for machine in [anna, bert, anna] { #expect(try machine.stet("sync").status == 0) }

    #expect(try bert.digest() == anna.digest())
    for machine in [anna, bert] {
      let shown = try #require(try machine.json("show", "100231") as? [String: Any])
      #expect(shown["tags"] as? [String] == ["ferry", "harbour"])
      let annotations = try #require(shown["annotations"] as? [[String: Any]])
      #expect(Set(annotations.compactMap { $0["note"] as? String }) == ["how long?", "seen"])
      #expect(Set(annotations.compactMap { $0["author"] as? String }) == ["anna", "bert"])
      let conflicts = try #require(try machine.json("conflicts") as? [[String: Any]])
      let values = try #require(conflicts.first?["values"] as? [[String: Any]])
      #expect(conflicts.count == 1)
      #expect(Set(values.compactMap { $0["value"] as? String }) == ["Anna's", "Bert's"])
      #expect(shown["headline"] as? String == values.first?["value"] as? String)
      let status = try #require(try machine.json("status") as? [String: Any])
      #expect(status["conflicts"] as? Int == 1)
      #expect(status["unsent"] as? Int == 0)
      #expect(status["replicas"] as? Int == 2)
    }
    let log = try anna.stet("log", "100231")
    #expect(log.output.contains("bert") && log.output.contains("anna"))

    // Setting the field again settles the conflict for both.
    #expect(try anna.stet("set", "100231", "headline=Agreed").status == 0)
    for machine in [anna, bert] { #expect(try machine.stet("sync").status == 0) }
    #expect((try bert.json("conflicts") as? [Any])?.isEmpty == true)
    #expect(hub.stop() == 0)
  }

  @Test func `importing twice changes nothing, and a revised page adds a version`() throws {
    let world = try World()
    let anna = try Machine("anna", in: world)
    try anna.write(TestPage.text(), to: "page.txt")
    try anna.write(TestPage.text(extra: " It was late."), to: "later.txt")
    #expect(try anna.stet("init", "desk").status == 0)
    let first = try anna.json("import", "page.txt", "--source", "harbour") as? [String: Any]
    #expect(first?["new"] as? Int == 1)
    let before = try anna.digest()
    let again = try anna.stet("import", "page.txt", "--source", "harbour")
    #expect(again.status == 0)
    #expect(again.complaints.contains("nothing has changed"))
    #expect(try anna.digest() == before)
    let later = try anna.json("import", "later.txt", "--source", "harbour") as? [String: Any]
    #expect(later?["revised"] as? Int == 1)
    let shown = try anna.json("show", "100231") as? [String: Any]
    #expect((shown?["versions"] as? [Any])?.count == 2)
    #expect((shown?["body"] as? String)?.contains("It was late.") == true)
    #expect(
      (shown?["blocks"] as? [[String: Any]])?.map { $0["type"] as? String }
        == ["paragraph", "paragraph", "subheading", "paragraph"]
    )
  }

  @Test func `an import that waits for its input keeps nobody from writing`() throws {
    let world = try World()
    let anna = try Machine("anna", in: world)
    try anna.write(TestPage.text(), to: "page.txt")
    try anna.expect("init", "desk")
    try anna.expect("import", "page.txt", "--source", "harbour")
    let pipe = anna.folder.appending(path: "wire.jsonl").path
    #expect(mkfifo(pipe, 0o600) == 0)
    let wire = try Programs.start("stet", ["import", pipe], in: anna.folder)
    let complaints = Programs.drain(wire.complaints)
    let writer = try #require(FileHandle(forWritingAtPath: pipe))
    try writer.write(contentsOf: Data(TestPage.lines(3000).utf8))
    try anna.expect("tag", "100231", "+checked")
    try writer.close()
    wire.process.waitUntilExit()
    #expect(wire.process.terminationStatus == 0, "\(complaints())")
    #expect((try anna.json("list", "--limit", "4000") as? [Any])?.count == 3001)
  }

  @Test func `a search finds words, passages and notes, and no user input is syntax`() throws {
    let world = try World()
    let anna = try Machine("anna", in: world)
    try anna.write(TestPage.lines(30), to: "wire.jsonl")
    #expect(try anna.stet("init", "desk").status == 0)
    #expect(try anna.stet("import", "wire.jsonl").status == 0)
    #expect(try anna.stet("annotate", "a7", "--note", "ask Käthe").status == 0)
    func found(_ query: String) throws -> Int {
      let result = try anna.json("search", query, "--limit", "100") as? [String: Any]
      return (result?["articles"] as? [Any])?.count ?? -1
    }
    #expect(try found("HEADLINE article") == 30)
    #expect(try found("\"Headline 7\"") == 1)
    #expect(try found("kathe") == 1)
    #expect(try found("nowhere") == 0)
    for hostile in ["\"", "a OR", "NEAR(", "headline:", "*", "-", "(((", "' OR 1=1"] {
      #expect(try anna.stet("search", "--", hostile).status == 0, "\(hostile)")
    }
  }

  @Test func `a hub gone in the middle is an error that says so, and the next sync completes`()
    throws
  {
    let world = try World()
    let hub = try Hub(in: world, archives: ["desk"])
    let anna = try Machine("anna", in: world)
    try anna.write(TestPage.lines(50), to: "wire.jsonl")
    #expect(try anna.stet("init", "desk").status == 0)
    #expect(try anna.stet("import", "wire.jsonl").status == 0)
    #expect(try anna.stet("remote", "add", "origin", hub.url("desk")).status == 0)
    hub.kill()
    let run = try anna.stet("sync")
    #expect(run.status == 9)
    #expect(run.complaints.contains("nothing answers"))
    let again = try Hub(in: world, archives: [], port: hub.port)
    #expect(try anna.stet("sync").status == 0)
    let report = try anna.json("sync") as? [String: Any]
    #expect(report?["round_trips"] as? Int == 1)
    #expect(again.stop() == 0)
  }
}
