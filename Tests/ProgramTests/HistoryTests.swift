import Foundation
import Testing

/// The verbs that look back, and undo.
@Suite struct HistoryTests {
  private let world: World
  private let anna: Machine

  init() throws {
    world = try World()
    anna = try Machine("anna", in: world)
    try anna.write(TestPage.text(), to: "page.txt")
    #expect(try anna.stet("init", "desk").status == 0)
    #expect(try anna.stet("import", "page.txt", "--source", "harbour").status == 0)
  }

  private func headline() throws -> String? {
    (try anna.json("show", "100231") as? [String: Any])?["headline"] as? String
  }

  private func actions() throws -> [[String: Any]] {
    try anna.json("log") as? [[String: Any]] ?? []
  }

  private func change(_ action: [String: Any]) -> String {
    "\((action["lane"] as? String ?? "").prefix(8)):\(action["seq"] as? Int ?? 0)"
  }

  @Test func `undo and redo walk through what was done, from one run to the next`() throws {
    #expect(try anna.stet("set", "100231", "headline=One").status == 0)
    #expect(try anna.stet("set", "100231", "headline=Two").status == 0)
    #expect(try anna.stet("undo").status == 0)
    #expect(try headline() == "One")
    let undo = try anna.json("undo", "--reason", "not ours to correct") as? [String: Any]
    #expect(undo?["objects"] as? Int == 1)
    #expect(try headline() == "Harbour town keeps ferry 100231")
    #expect(try anna.stet("rebuild", "--quiet").status == 0)
    #expect(try anna.stet("redo").status == 0)
    #expect(try headline() == "One")
    #expect(try anna.stet("redo").status == 0)
    #expect(try headline() == "Two")
    #expect(try anna.stet("redo").status == 4)
    let log = try actions()
    #expect(log.count == 8)
    #expect(log.compactMap { $0["reason"] as? String } == ["not ours to correct"])
    #expect(log.compactMap { $0["undoes"] as? String }.count == 4)
  }

  @Test func `an action is undone by its name, and told what could not be`() throws {
    #expect(try anna.stet("set", "100231", "headline=One", "section=World").status == 0)
    let action = change(try #require(try actions().first))
    #expect(try anna.stet("set", "100231", "headline=Two").status == 0)
    let run = try anna.stet("undo", action)
    #expect(run.status == 3)
    #expect(run.complaints.contains("headline was set again since"))
    #expect(try headline() == "Two")
    let again = try anna.stet("undo", action)
    #expect(again.status == 1)
    #expect(again.complaints.contains("undone already"))
  }

  @Test func `the log says who did what in one go, newest first`() throws {
    #expect(try anna.stet("tag", "100231", "+ferry").status == 0)
    let run = try anna.stet("log", "--limit", "2")
    #expect(run.status == 0)
    let lines = run.output.split(separator: "\n")
    #expect(lines.count == 4 + 1)
    #expect(lines[1].contains("added the tag \"ferry\""))
    #expect(try (anna.json("log", "100231") as? [Any])?.count == 2)
  }

  @Test func `an article can be seen and compared as it was`() throws {
    let before = change(try #require(try actions().first))
    #expect(try anna.stet("set", "100231", "headline=Ferry stays").status == 0)
    let past = try anna.json("show", "100231", "--at", before) as? [String: Any]
    #expect(past?["headline"] as? String == "Harbour town keeps ferry 100231")
    let future = try anna.json("show", "100231", "--at", "2999-01-01T00:00:00+01:00")
    #expect((future as? [String: Any])?["headline"] as? String == "Ferry stays")
    let diff = try anna.stet("diff", "100231@\(before)", "100231")
    #expect(diff.status == 0)
    #expect(
      diff.output == "headline\t[-Harbour town keeps ferry 100231-]{+Ferry stays+}"
    )
    #expect(try anna.stet("diff", "100231", "100231").complaints.contains("no difference"))
  }

  @Test func `versions are compared paragraph by paragraph`() throws {
    try anna.write(TestPage.text(extra: " It was late."), to: "later.txt")
    #expect(try anna.stet("import", "later.txt", "--source", "harbour").status == 0)
    let shown = try anna.json("show", "100231") as? [String: Any]
    let names = (shown?["versions"] as? [[String: Any]])?.compactMap { $0["id"] as? String } ?? []
    #expect(names.count == 2)
    let sides = names.map { "100231@\($0.prefix(8))" }
    let diff = try #require(try anna.json("diff", sides[0], sides[1]) as? [String: Any])
    #expect((diff["passages"] as? [Any])?.count == 1)
    #expect((diff["fields"] as? [Any])?.isEmpty == true)
    let run = try anna.stet("diff", sides[0], sides[1])
    #expect(run.output.contains("It was late."))
    #expect(run.output.contains("{+") || run.output.contains("[-"))
    #expect(!run.output.contains("\u{1B}"))
  }

  @Test func `blame tells the source's words from people's`() throws {
    #expect(try anna.stet("set", "100231", "section=World").status == 0)
    let blame = try #require(try anna.json("blame", "100231") as? [String: Any])
    let fields = blame["fields"] as? [[String: Any]] ?? []
    let section = fields.first { $0["field"] as? String == "section" }
    #expect((section?["set_by"] as? [String: Any])?["author"] as? String == "anna")
    let headline = fields.first { $0["field"] as? String == "headline" }
    #expect(headline?["set_by"] is NSNull)
    #expect(
      (blame["paragraphs"] as? [[String: Any]])?.allSatisfy { $0["changed_by"] is NSNull } == true
    )
    #expect(try anna.stet("blame", "100231").output.contains("section\tanna, "))
  }

  static let refusals: [([String], Int32, String)] = [
    (["undo", "abcd:1"], 4, "no change \"abcd:1\""),
    (["undo", "nonsense"], 4, "no change \"nonsense\""),
    (["redo"], 4, "left to redo"),
    (["show", "100231", "--at", "yesterday"], 2, "neither a time nor a change"),
    (["show", "100231", "--at", "abcd:9"], 4, "no change"),
    (["show", "100231", "--at", "1999-01-01"], 4, "at that time"),
    (["diff", "100231@yesterday", "100231"], 2, "no time, change or version"),
    (["diff", "100231@abcdef0123", "100231"], 4, "no version"),
    (["diff", "ffffffff", "100231"], 4, "no article"),
    (["blame", "ffffffff"], 4, "no article"),
    (["log", "ffffffff"], 4, "no article"),
    (["log", "--limit", "0"], 2, "--limit"),
  ]

  @Test(arguments: refusals)
  func `bad input is told in a sentence`(
    _ arguments: [String],
    _ status: Int32,
    _ words: String
  )
    throws
  {
    let before = try anna.digest()
    let run = try Run("stet", arguments, in: anna.folder)
    #expect(run.status == status, "\(run.complaints)")
    #expect(run.output.isEmpty)
    #expect(run.complaints.contains(words), "\(run.complaints)")
    #expect(try anna.digest() == before)
  }
}
