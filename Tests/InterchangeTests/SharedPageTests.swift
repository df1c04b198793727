import ArchiveModel
import Foundation
import Interchange
import RevisionReplay
import Testing

@Suite(
  .enabled(
    if: SharedData.isPresent,
    "needs the folder of shared data beside the package (../shared/data)"
  )
)
struct SharedPageTests {
  private struct Expectation: Decodable {
    struct Article: Decodable {
      var newsID: String
      var published: String
      var headline: String
      var blocks: [Block]

      enum CodingKeys: String, CodingKey {
        case newsID = "news_id"
        case published, headline, blocks
      }
    }

    struct Block: Decodable, Equatable {
      var type: String
      var text: String
    }

    var file: String
    var article: Article
  }

  @Test func `reads the pages as expected`() throws {
    let json = try Data(SharedData.bytes("pages/expected.json"))
    let expectations = try JSONDecoder().decode([Expectation].self, from: json)
    #expect(expectations.count == 3)
    for expectation in expectations {
      let whole = WholeImport(path: SharedData.path("pages/\(expectation.file)"))
      let article = try #require(whole.articles.first)
      let expected = expectation.article
      #expect(whole.failure == nil)
      #expect(whole.records.count == 1)
      #expect(article.version.sourceID == expected.newsID)
      #expect(article.version.published == expected.published)
      #expect(article.version.headline == expected.headline)
      let blocks = Body.blocks(of: article.version.body).map { block in
        Expectation.Block(
          type: block.kind == .heading ? "subheading" : "\(block.kind)",
          text: block.text
        )
      }
      #expect(blocks == expected.blocks)
    }
  }
}
