import Foundation

/// The search index: what it takes to build, and what a search takes in it.
enum IndexBench {
  /// What `stet search` can put first, how it is asked for, and the goal, s.
  private static let orders: [(name: String, options: [String], goal: Double)] = [
    ("newest first", ["--newest"], 0.02), ("by rank", [], 0.4),
  ]

  static func run(in world: BenchWorld, runs: Int, _ report: inout Report) throws {
    let desk = try BenchDesk(in: world, named: "origin", importing: world.input)
    defer { desk.hub.stop() }
    try run(on: desk, runs: runs, &report)
  }

  static func run(on desk: BenchDesk, runs: Int, _ report: inout Report) throws {
    let world = desk.world
    // A copy, so that nothing has been read into the index yet.
    let reader = try desk.clone(named: "reader")
    let floor = try IndexFloor(
      world.input,
      tokenizer: tokenizer(of: BenchDesk.log(of: reader)),
      in: world.machine("floor")
    )
    let index = try world.run("stet", ["index", "--json"], in: reader)
    report.add(
      "index, whole process",
      seconds: [index.seconds],
      floor: [floor.seconds],
      goal: 1.3 * floor.seconds
    )
    report.add("index, peak memory", count: Double(index.peakMemory) / 1e6, goal: 300, unit: "MB")

    func search(_ word: String, _ options: [String]) throws -> (seconds: [Double], hitCount: Int) {
      let arguments = ["search", word, "--json", "--limit", "20"] + options
      let searches = try (0..<runs).map { _ in try world.run("stet", arguments, in: reader) }
      return (searches.map(\.seconds), try searches[0].list("articles").count)
    }
    for order in orders {
      // The same process but for the word, so that what remains is the search.
      let idle = try search("zqxjkvzqxjkv", order.options)
      let common = try search(floor.commonWord, order.options)
      guard idle.hitCount == 0, common.hitCount == 20 else {
        throw BenchFailure("a search for \(floor.commonWord) found \(common.hitCount) articles")
      }
      report.add(
        "search \(floor.commonWord), 20 \(order.name), beyond idle",
        seconds: zip(common.seconds.sorted(), idle.seconds.sorted()).map { max(0, $0 - $1) },
        goal: order.goal
      )
    }
  }

  private static func tokenizer(of log: LogFile) throws -> String {
    let sql = try log.text("SELECT sql FROM sqlite_schema WHERE name = 'search'") ?? ""
    guard let match = sql.firstMatch(of: #/tokenize = "([^"]*)"/#) else {
      throw BenchFailure("the archive has no search index whose tokenizer is known")
    }
    return String(match.1)
  }
}
