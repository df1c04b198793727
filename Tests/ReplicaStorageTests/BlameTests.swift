import ArchiveModel
import CRDT
import ChangeLog
import ReplicaStorage
import Testing

@Suite struct BlameTests {
  private let world = TestWorld()

  @Test
  func
    `paragraphs and fields are whose they are, and what undo brought back is the first writer's`()
    throws
  {
    let anna = try world.replica(named: "anna")
    let article = try anna.write {
      try $0.importArticle("1", headline: "source's", body: "First one.\n\nSecond.\n\nThird.")
    }
    let bert = try world.clone(of: anna, named: "bert")
    try anna.write { writer in
      writer.reason = "spelling"
      try writer.replace("Second.", by: "Second, by Anna.", in: article)
      _ = try writer.correct(article, [(.section, "World")])
    }
    _ = try world.sync(anna, with: bert)
    try bert.write { writer in
      try writer.replace("Anna", by: "Annabel", in: article)
      try writer.replace(" one", by: "", in: article)
      _ = try writer.correct(article, [(.section, "Sport")])
    }
    let edited = try bert.blame(of: article)
    #expect(edited.source == "test")
    #expect(edited.fields.map(\.name) == ["headline", "section"])
    #expect(edited.fields.map(\.author?.author) == [nil, "bert"])
    #expect(edited.blocks.map(\.text) == ["First.", "Second, by Annabel.", "Third."])
    #expect(edited.blocks.map(\.newest?.author) == ["bert", "bert", nil])
    #expect(edited.blocks[0].shares.map(\.author) == [nil])
    #expect(edited.blocks[2].shares.map(\.author) == [nil])
    #expect(Set(edited.blocks[1].shares.map(\.author)) == ["anna", "bert"])

    _ = try bert.write { try $0.undoNewest() }
    let undone = try bert.blame(of: article)
    #expect(undone.fields.map(\.author?.author) == [nil, "anna"])
    #expect(undone.blocks.map(\.text) == ["First one.", "Second, by Anna.", "Third."])
    #expect(undone.blocks.map(\.newest?.author) == [nil, "anna", nil])
    #expect(undone.blocks[1].newest?.reason == "spelling")
    #expect(undone.blocks[1].shares.map(\.author) == ["anna"])
  }

  @Test func `an article that nobody corrected is the source's`() throws {
    let anna = try world.replica(named: "anna")
    let article = try anna.write { try $0.importArticle("1", headline: "h", body: "a\n\n## b") }
    let blame = try anna.blame(of: article)
    #expect(blame.fields.allSatisfy { $0.author == nil })
    #expect(blame.blocks.map(\.text) == ["a", "## b"])
    #expect(blame.blocks.allSatisfy { $0.newest == nil })
  }
}
