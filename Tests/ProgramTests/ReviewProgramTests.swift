import Foundation
import Testing

/// The review list, corrections and orphans with the real programs.
@Suite struct ReviewProgramTests {
  private func objects(_ machine: Machine, _ arguments: String...) throws -> [[String: Any]] {
    let run = try Run("stet", arguments + ["--json"], in: machine.folder)
    guard run.status == 0 else { throw Unexpected(run: run) }
    let json = try JSONSerialization.jsonObject(with: Data(run.output.utf8))
    return try #require(json as? [[String: Any]])
  }

  @Test func `what two machines did unseen is listed alike, and settled for both`() throws {
    let world = try World()
    let hub = try Hub(in: world, archives: ["desk"])
    let anna = try Machine("anna", in: world)
    let bert = try Machine("bert", in: world)
    try anna.write(TestPage.text(), to: "page.txt")
    #expect(try anna.stet("init", "desk").status == 0)
    #expect(try anna.stet("import", "page.txt", "--source", "harbour").status == 0)
    #expect(try anna.stet("remote", "add", "origin", hub.url("desk")).status == 0)
    #expect(try anna.stet("sync").status == 0)
    #expect(try bert.stet("clone", hub.url("desk")).status == 0)
    #expect(try anna.stet("set", "100231", "headline=Anna's").status == 0)
    #expect(try bert.stet("set", "100231", "headline=Bert's", "section=Harbour").status == 0)
    for machine in [anna, bert, anna] { #expect(try machine.stet("sync").status == 0) }

    #expect(try anna.stet("conflicts").output == bert.stet("conflicts").output)
    let item = try #require(try objects(anna, "conflicts").first)
    #expect(item["kind"] as? String == "conflict")
    #expect(item["field"] as? String == "headline")
    let id = try #require(item["item"] as? String)
    #expect(try bert.stet("resolve", id, "--take", "3").status == 1)
    #expect(try bert.stet("resolve", id).status == 2)
    #expect(try bert.stet("resolve", "0000", "--reviewed").status == 4)
    let settled = try bert.stet("resolve", String(id.prefix(8)), "--value", "Agreed")
    #expect(settled.status == 0, "\(settled.complaints)")
    for machine in [bert, anna] { #expect(try machine.stet("sync").status == 0) }
    for machine in [anna, bert] {
      #expect(try objects(machine, "conflicts").isEmpty)
      let shown = try #require(try machine.json("show", "100231") as? [String: Any])
      #expect(shown["headline"] as? String == "Agreed")
    }
    #expect(try anna.digest() == bert.digest())
  }

  @Test func `a passage that the source rewrote is an orphan until somebody anchors it`() throws {
    let world = try World()
    let anna = try Machine("anna", in: world)
    try anna.write(TestPage.text(), to: "page.txt")
    #expect(try anna.stet("init", "desk").status == 0)
    #expect(try anna.stet("import", "page.txt", "--source", "harbour").status == 0)
    let annotated = try anna.stet(
      "annotate",
      "100231",
      "--quote",
      "choose between a repair and a bridge",
      "--note",
      "why?"
    )
    #expect(annotated.status == 0)
    let shown = try #require(try anna.json("show", "100231") as? [String: Any])
    let annotations = try #require(shown["annotations"] as? [[String: Any]])
    #expect(annotations.map { $0["state"] as? String } == ["exact"])
    let revised = TestPage.text().replacing(
      "choose between a repair and a bridge",
      with: "say yes or no"
    )
    try anna.write(revised, to: "later.txt")
    #expect(try anna.stet("import", "later.txt", "--source", "harbour").status == 0)
    let orphan = try #require(try objects(anna, "orphans").first)
    #expect(["uncertain", "orphan"].contains(orphan["state"] as? String ?? ""))
    #expect(orphan["quote"] as? String == "choose between a repair and a bridge")
    let id = try #require(orphan["id"] as? String)
    #expect(try anna.stet("reanchor", id).status == 2)
    #expect(try anna.stet("reanchor", id, "--quote", "no such words").status == 4)
    #expect(try anna.stet("reanchor", id, "--quote", "say yes or no").status == 0)
    #expect(try objects(anna, "orphans").isEmpty)
    #expect(try anna.stet("corrections", "list", "100231").status == 0)
    #expect(try anna.stet("corrections", "reapply", "100231").status == 4)
  }
}
