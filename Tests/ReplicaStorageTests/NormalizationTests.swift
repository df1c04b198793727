import ArchiveModel
import CRDT
import ChangeLog
import ReplicaStorage
import Testing

/// Swift's `==` on strings takes NFC and NFD for the same; an archive does not.
@Suite struct NormalizationTests {
  private static let nfc = "Z\u{FC}rich"
  private static let nfd = "Zu\u{308}rich"

  @Test func `NFC and NFD spellings stay apart on both replicas, with equal digests`() throws {
    let world = TestWorld()
    let anna = try world.replica(named: "anna")
    let article = try anna.write { try $0.importArticle("1", headline: "h", body: "one two") }
    let bert = try world.clone(of: anna, named: "bert")
    for (replica, spelling) in [(anna, Self.nfc), (bert, Self.nfd)] {
      try replica.write { writer in
        _ = try writer.tag(article, adding: [spelling], removing: [])
        try writer.correct(article, [(.headline, spelling)])
        _ = try writer.annotate(article, .wholeArticle, motivation: "commenting", note: spelling)
      }
    }
    _ = try world.sync(anna, with: bert)
    #expect(try anna.digest() == bert.digest())
    for replica in [anna, bert] {
      let detail = try replica.detail(of: article)
      #expect(Self.bytes(detail.article.tags) == Self.bytes([Self.nfc, Self.nfd]))
      #expect(Self.bytes(detail.annotations.map(\.note)) == Self.bytes([Self.nfc, Self.nfd]))
      guard case .conflict(_, let values) = try #require(try replica.openReviews().first).item
      else {
        Issue.record("another item than a conflict")
        return
      }
      let texts = values.compactMap { RegisterValue.text($0.value) }
      #expect(Self.bytes(texts) == Self.bytes([Self.nfc, Self.nfd]))
    }
  }

  @Test func `removing one spelling of a tag leaves the other`() throws {
    let world = TestWorld()
    let anna = try world.replica(named: "anna")
    let article = try anna.write { try $0.importArticle("1", headline: "h") }
    try anna.write { _ = try $0.tag(article, adding: [Self.nfc, Self.nfd], removing: []) }
    try anna.write { _ = try $0.tag(article, adding: [], removing: [Self.nfc]) }
    #expect(Self.bytes(try anna.detail(of: article).article.tags) == Self.bytes([Self.nfd]))
  }

  private static func bytes(_ texts: [String]) -> Set<[UInt8]> { Set(texts.map { Array($0.utf8) }) }
}
