import Foundation
import Testing

@Suite struct EditingTests {
  private let anna: Machine
  private let world: World

  init() throws {
    world = try World()
    anna = try Machine("anna", in: world)
    try anna.write(TestPage.text(), to: "page.txt")
    _ = try anna.stet("init", "desk")
    _ = try anna.stet("import", "page.txt", "--source", "harbour")
  }

  private func shown() throws -> [String: Any] {
    try #require(try anna.json("show", "100231") as? [String: Any])
  }

  private func keptFiles() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: anna.folder.path)
      .filter { $0.hasPrefix("stet-") && $0.hasSuffix(".md") }
  }

  @Test func `an editor changes fields, tags and body in one action`() throws {
    let run = try anna.stet(
      "edit",
      "100231",
      "--reason",
      "checked",
      editor: """
        sed -e 's/^headline: .*/headline: no/' -e 's/^tags: .*/tags: [ferry, 2021]/' \
        -e 's/a long debate/a short debate/' "$1" > new && mv new "$1"
        """
    )
    #expect(run.status == 0, "\(run.complaints)")
    #expect(run.complaints.contains("edited body, headline, tags"))
    let article = try shown()
    #expect(article["headline"] as? String == "no")
    #expect(article["tags"] as? [String] == ["2021", "ferry"])
    #expect((article["body"] as? String)?.contains("a short debate") == true)
    #expect(try keptFiles().isEmpty)
  }

  @Test func `nothing changed is said and writes nothing, also with other line ends`() throws {
    let before = try anna.digest()
    for script in ["true", #"sed 's/$/\r/' "$1" > new && mv new "$1""#] {
      let run = try anna.stet("edit", "100231", editor: script)
      #expect(run.status == 0)
      #expect(run.complaints.contains("nothing has changed"), "\(run.complaints)")
    }
    #expect(try anna.digest() == before)
  }

  @Test func `what an editor that failed left, and what does not parse, is kept and named`() throws
  {
    let before = try anna.digest()
    for (script, words) in [
      (#"echo more >> "$1"; exit 3"#, "code 3"), (#"echo broken > "$1""#, "no front matter"),
      ("kill -9 $$", "ended with code"),
    ] {
      let run = try anna.stet("edit", "100231", editor: script)
      #expect(run.status == 1)
      #expect(run.complaints.contains(words), "\(run.complaints)")
      let kept = try keptFiles()
      #expect(kept.count == 1 && run.complaints.contains(kept.first ?? "-"))
      for file in kept { try FileManager.default.removeItem(at: anna.folder.appending(path: file)) }
    }
    #expect(try anna.digest() == before)
  }

  @Test func `the archive is free while the editor is open, and what came meanwhile merges`() throws
  {
    let program = Programs.folder.appending(path: "stet").path
    let run = try anna.stet(
      "edit",
      "100231",
      editor: """
        unset TMPDIR
        "\(program)" edit 100231 --body --file other.md --lock-timeout 0.5 || exit 9
        sed 's/a long debate/a short debate/' "$1" > new && mv new "$1"
        """
    )
    #expect(run.status == 1)  // other.md is not there yet
    let body = try #require(try shown()["body"] as? String)
    try anna.write(body.replacing("small harbour", with: "big harbour"), to: "other.md")
    let again = try anna.stet(
      "edit",
      "100231",
      editor: """
        "\(program)" edit 100231 --body --file other.md --lock-timeout 0.5 || exit 9
        sed 's/a long debate/a short debate/' "$1" > new && mv new "$1"
        """
    )
    #expect(again.status == 0, "\(again.complaints)")
    let merged = try #require(try shown()["body"] as? String)
    #expect(merged.contains("big harbour") && merged.contains("a short debate"))
  }

  @Test func `a body comes from stdin`() throws {
    let run = try anna.stet(
      "edit",
      "100231",
      "--body",
      "--file",
      "-",
      input: "One.\r\n\r\nTwo.\r\n"
    )
    #expect(run.status == 0, "\(run.complaints)")
    #expect(try shown()["body"] as? String == "One.\n\nTwo.")
  }

  @Test func `notes are edited, answered, deleted and restored`() throws {
    let note = try anna.stet("annotate", "100231", "--note", "how long").output
    #expect(
      try anna.stet("note", "edit", note, editor: #"printf 'how long?\n' > "$1""#).status == 0
    )
    let answer = try anna.stet("note", "reply", String(note.prefix(8)), "--note", "an hour").output
    #expect(try anna.stet("note", "edit", answer, "--text", "two hours").status == 0)
    let text = try anna.stet("show", "100231").output
    #expect(text.contains("    how long?\n") && text.contains("    [2] \(answer.prefix(8)) anna"))
    var annotations = try #require(try shown()["annotations"] as? [[String: Any]])
    #expect(annotations.map { $0["note"] as? String } == ["how long?", "two hours"])
    #expect(annotations.last?["reply_to"] as? String == note)
    #expect(annotations.last?["thread"] as? String == note)
    #expect(try anna.stet("note", "rm", note).status == 0)
    annotations = try #require(try shown()["annotations"] as? [[String: Any]])
    #expect(annotations.map { $0["note"] as? String } == ["two hours"])
    #expect(try anna.stet("show", "100231").output.contains("(answers a deleted note)"))
    #expect(try anna.stet("note", "list", "100231", "--deleted").output.contains("how long?"))
    #expect(try anna.stet("note", "edit", note, "--text", "x").status == 1)
    #expect(try anna.stet("note", "restore", note).status == 0)
    #expect(try (shown()["annotations"] as? [Any])?.count == 2)
  }

  @Test func `what there is of an article and is not shown is said`() throws {
    #expect(try (shown()["omitted"] as? [String])?.isEmpty == true)
    #expect(try !anna.stet("show", "100231").output.contains("not shown"))
    let bert = try Machine("bert", in: world)
    try anna.expect("bundle", "create", "desk.bundle")
    try bert.expect("clone", "../anna/desk.bundle", "desk.stet")
    for (machine, letters) in [(anna, "abcdefghi"), (bert, "jklmnopqr")] {
      for letter in letters {
        try machine.expect("tag", "100231", "+" + String(repeating: letter, count: 60_000))
      }
    }
    try bert.expect("bundle", "create", "bert.bundle")
    try anna.expect("bundle", "apply", "../bert/bert.bundle")
    let said = "1 of its tags: all together are more than 1 MiB"
    #expect(try shown()["omitted"] as? [String] == [said])
    #expect(try anna.stet("show", "100231").output.contains("not shown  \(said)\n"))
  }

  @Test func `a deleted article is in no list until it is restored`() throws {
    #expect(try anna.stet("rm", "100231").status == 0)
    #expect(try anna.stet("rm", "100231").complaints.contains("deleted already"))
    #expect(try anna.stet("list").output.isEmpty)
    #expect(try anna.stet("list", "--deleted").output.contains("ferry"))
    #expect(try anna.stet("search", "harbour").output.isEmpty)
    #expect(try shown()["deleted"] as? Bool == true)
    #expect(try anna.stet("set", "100231", "headline=x").status == 1)
    #expect(try anna.stet("restore", "100231").status == 0)
    #expect(try anna.stet("search", "harbour").output.contains("ferry"))
  }

  @Test func `a collection is made, filled, ordered, renamed and deleted`() throws {
    try anna.write(TestPage.lines(4), to: "wire.jsonl")
    #expect(try anna.stet("import", "wire.jsonl").status == 0)
    let id = try anna.stet("collection", "create", "June talks").output
    #expect(try anna.stet("collection", "create", "June talks").status == 1)
    #expect(try anna.stet("collection", "add", "June talks", "a1", "a2", "a3").status == 0)
    #expect(try anna.stet("collection", "move", "June talks", "a3", "--before", "a1").status == 0)
    #expect(try anna.stet("collection", "move", "June talks", "a1", "--last").status == 0)
    #expect(try anna.stet("collection", "remove", "June talks", "a4").status == 0)
    #expect(try anna.stet("collection", "rename", "June talks", "July").status == 0)
    let collection = try #require(try anna.json("collection", "show", "July") as? [String: Any])
    let articles = try #require(collection["articles"] as? [[String: Any]])
    #expect(
      articles.map { $0["headline"] as? String } == ["Headline 3", "Headline 2", "Headline 1"]
    )
    #expect(try anna.stet("collection", "list").output == "\(id)\t3\tJuly")
    #expect(try anna.stet("collection", "rm", "July").status == 0)
    #expect(try anna.stet("collection", "list").output.isEmpty)
    #expect(try anna.stet("collection", "restore", id).status == 0)
    #expect(try anna.stet("collection", "show", "July").output.split(separator: "\n").count == 3)
  }

  @Test func `a member's name is set and listed`() throws {
    #expect(try anna.stet("profile", "--name", "Anna K.").status == 0)
    let profiles = try #require(try anna.json("profile") as? [[String: Any]])
    #expect(profiles.map { $0["name"] as? String } == ["Anna K."])
    #expect(profiles.first?["you"] as? Bool == true)
  }

  @Test func `an old capture with its time is not current, until it is pinned`() throws {
    try anna.write(TestPage.text(extra: " Long ago."), to: "old.txt")
    let before = try shown()["body"] as? String
    #expect(
      try anna.stet("import", "old.txt", "--source", "harbour", "--fetched", "2021-03-04").status
        == 0
    )
    #expect(try shown()["body"] as? String == before)
    let versions = try #require(try anna.json("pin", "100231") as? [[String: Any]])
    let old = try #require(versions.first { $0["current"] as? Bool == false }?["id"] as? String)
    #expect(try anna.stet("pin", "100231", String(old.prefix(8))).status == 0)
    #expect((try shown()["body"] as? String)?.contains("Long ago.") == true)
    #expect(try anna.stet("pin", "100231", "--unpin").status == 0)
    #expect(try shown()["body"] as? String == before)
  }
}
