import CRDT
import Foundation
import ReplicaStorage
import Testing

@Suite struct SearchOrderTests {
  private let world = TestWorld()

  /// 7,000 articles, the first the oldest; three share each date, and the last ten have none.
  ///
  /// Their bodies: "all" is in each, "old" in the older half, "rare" in every hundredth.
  private func replica() throws -> Replica {
    let replica = try world.replica(named: "anna")
    try replica.write { writer in
      for number in 0..<7000 {
        let date = String(format: "%04d-03-04", 1 + number / 3)
        var words = ["all", "number\(number)"]
        if number < 3500 { words.append("old") }
        if number.isMultiple(of: 100) { words.append("rare") }
        _ = try writer.importArticle(
          "\(number)",
          headline: "h",
          body: words.joined(separator: " "),
          published: number < 6990 ? date : ""
        )
      }
    }
    try replica.catchUpSearch()
    return replica
  }

  @Test func `newest first is the order of the list, for common words and for rare ones`() throws {
    let replica = try replica()
    let listed = try replica.articles().map(\.id)
    for query in ["all", "old", "rare", "number7", "none", "all old", "\"all number7\""] {
      let found = Set(try replica.search(query, limit: 10_000).hits.map(\.article.id))
      let expected = listed.filter(found.contains)
      for limit in [0, 1, 2, 3, 20, 150] {
        let hits = try replica.search(query, by: .newest, limit: limit).hits
        #expect(hits.map(\.article.id) == Array(expected.prefix(limit)), "\(query), \(limit)")
      }
    }
    let all = try replica.search("all", by: .newest, limit: Int.max).hits
    #expect(all.map(\.article.id) == listed)
  }

  @Test func `what was deleted is not found, and what was corrected is`() throws {
    let replica = try replica()
    let ids = try replica.articles().map(\.id)
    try replica.write { writer in
      try writer.delete(ids[0])
      _ = try writer.correct(ids[1], [(.headline, "all ships")])
    }
    try replica.catchUpSearch()
    #expect(
      try replica.search("all", by: .newest, limit: 2).hits.map(\.article.id)
        == Array(ids[1...2])
    )
    #expect(
      try replica.search("ships", by: .newest, limit: 9).hits.map(\.article.id) == [ids[1]]
    )
  }
}
