import ArchiveModel
import CRDT
import ChangeLog
import Foundation
import GRDB
import ReplicaStorage
import SyncSimulation
import Testing

/// How the search index reads on: in an archive's file beside its own writing, in memory in turns.
@Suite struct SearchReadingTests {
  private let folder = TemporaryFolder()
  private var path: String { folder.url.appending(path: "desk.stet").path }

  /// The same replica for the same seed, wherever it is.
  private func replica(at path: String?, seed: UInt64) throws -> Replica {
    let environment = TestWorld(seed: seed).environment(named: "anna")
    return try Replica.create(at: path, named: "desk", environment: environment)
  }

  /// Articles of all sizes, and much that happens to them afterwards.
  private func write(_ replica: Replica, seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var articles: [ObjectID] = []
    for number in 0..<60 {
      try replica.write { writer in
        for place in 0..<Int.random(in: 0..<12, using: &random) {
          let wordCount = Int.random(in: 0..<40, using: &random) == 0 ? 90_000 : 40
          let words = (0..<wordCount).map { _ in "wörd\(Int.random(in: 0..<999, using: &random))" }
          articles.append(
            try writer.importArticle(
              "\(number)-\(place)",
              headline: "Ship \(number)",
              body: words.joined(separator: " ")
            )
          )
        }
        for _ in 0..<Int.random(in: 0..<12, using: &random) {
          guard let place = articles.indices.randomElement(using: &random) else { continue }
          let article = articles[place]
          switch Int.random(in: 0..<4, using: &random) {
          case 0: _ = try writer.correct(article, [(.headline, "Port \(number)")])
          case 1: _ = try writer.tag(article, adding: ["n\(number)"], removing: [])
          case 2:
            _ = try writer.annotate(
              article,
              .wholeArticle,
              motivation: "commenting",
              note: "see \(number)"
            )
          default: _ = try writer.delete(articles.remove(at: place))
          }
        }
      }
    }
  }

  private func rows(_ replica: Replica) throws -> [Row] {
    try replica.inspect { try Row.fetchAll($0, sql: "SELECT * FROM search_content ORDER BY id") }
  }

  @Test(arguments: 1...3 as ClosedRange<UInt64>)
  func `what is read beside the writing is what is read in turns`(seed: UInt64) throws {
    let (filed, inMemory) = (
      try replica(at: path, seed: seed), try replica(at: nil, seed: seed)
    )
    for replica in [filed, inMemory] {
      try write(replica, seed: seed)
      try replica.catchUpSearch()
    }
    #expect(try rows(filed).count > 100)
    #expect(try rows(filed) == rows(inMemory))
    try filed.close()
    #expect(try Replica.verify(path, .full, lockTimeout: 1).damages == [])
  }

  @Test(arguments: [true, false])
  func `without any time it takes a step, and large articles end one early`(isAhead: Bool) throws {
    let replica = try replica(at: path, seed: 4)
    let large = String(repeating: "ship ", count: 120_000)
    try replica.write { writer in
      for number in 0..<5 { try writer.importArticle("\(number)", headline: "h", body: large) }
      for number in 5..<250 { try writer.importArticle("\(number)", headline: "h") }
    }
    var reached: [Int] = []
    while try replica.searchPosition().unreadCount > 0 {
      let position = try replica.readOnSearch(
        at: SearchPace(transactionTime: .zero, readsAhead: isAhead)
      )
      #expect(try position == replica.searchPosition())
      reached.append(position.reached)
    }
    // The first change begins the lane; two articles make a mebibyte; then a hundred changes each.
    #expect(reached == [3, 5, 105, 205, 251])
    #expect(try rows(replica).count == 250)
  }

  /// A file that was moved is read in turns: another one may have its path.
  @Test(arguments: [false, true])
  func `damage in the state ends it, and leaves the index as it was`(isMoved: Bool) throws {
    let replica = try replica(at: path, seed: 5)
    try replica.write { writer in
      for number in 0..<300 { try writer.importArticle("\(number)", headline: "h") }
    }
    let file = try DatabaseQueue(path: path)
    try file.write { try $0.execute(sql: "UPDATE entries SET operation = -1 WHERE object = 250") }
    try file.close()
    if isMoved { try FileManager.default.moveItem(atPath: path, toPath: path + ".old") }
    #expect(throws: LogFailure.damaged("state")) { try replica.catchUpSearch() }
    #expect(try replica.searchPosition().reached == 0)
    #expect(try rows(replica).isEmpty)
    #expect(throws: Never.self) { try replica.foldLog() }
  }
}
