import Foundation

/// Clone, nothing to do, and one note, with one article and with the whole corpus.
enum SyncBench {
  static func run(in world: BenchWorld, runs: Int, _ report: inout Report) throws {
    try corpus(in: world, runs: runs, &report)
    try oneArticle(in: world, &report)
  }

  private static func corpus(in world: BenchWorld, runs: Int, _ report: inout Report) throws {
    let desk = try BenchDesk(in: world, named: "anna", importing: world.input)
    let (anna, hub) = (desk.machine, desk.hub)
    defer { hub.stop() }

    var clones: [Double] = []
    var floor: [Double] = []
    let blocks = try Floor.importing(world.input, in: anna).blocks
    for _ in 0..<runs {
      let bert = try world.machine("bert")
      clones.append(try world.run("stet", ["clone", "--quiet", hub.url], in: bert).seconds)
      floor.append(try Floor.cloning(blocks, of: bert.appending(path: "desk.stet"), in: bert))
    }
    report.add("clone over loopback, whole process", seconds: clones, floor: floor, goal: 0.8)

    let idle = try NothingToDo.measure(on: desk, "the corpus", runs: 1, &report)
    var notes: [Double] = []
    var bytes = 0.0
    let id = try firstArticle(in: world, anna)
    for number in 0..<runs {
      // 60 characters of ASCII on a passage of the article.
      let note = "note \(number) " + String(repeating: "x", count: 53)
      try world.run(
        "stet",
        [
          "annotate", id.id, "--quote", id.quote, "--occurrence", "1", "--note",
          String(note.prefix(60)),
        ],
        in: anna
      )
      let sync = try desk.sync()
      notes.append(sync.seconds)
      bytes = max(bytes, try sync.number("bytes_sent") + sync.number("bytes_received"))
    }
    report.add("one note, whole sync process", seconds: notes, goal: 0.06)
    report.add(
      "one note, bytes beyond nothing to do",
      count: bytes - idle,
      limit: 900,
      unit: "bytes"
    )
  }

  private static func oneArticle(in world: BenchWorld, _ report: inout Report) throws {
    let desk = try BenchDesk(in: world, named: "single", importing: world.beginning(of: 1))
    defer { desk.hub.stop() }
    try NothingToDo.measure(on: desk, "1 article", runs: 1, &report)
  }

  /// An article with a body, and some words of it.
  private static func firstArticle(
    in world: BenchWorld,
    _ machine: URL
  ) throws -> (
    id: String, quote: String
  ) {
    let listed = try world.run("stet", ["list", "--json", "--limit", "50"], in: machine)
    let articles = try JSONSerialization.jsonObject(with: listed.output) as? [[String: Any]] ?? []
    for article in articles {
      guard let id = article["id"] as? String else { continue }
      let shown = try world.run("stet", ["show", id, "--json"], in: machine)
      let object = try JSONSerialization.jsonObject(with: shown.output) as? [String: Any]
      let words = (object?["body"] as? String ?? "").prefix { $0 != "\n" }.split(separator: " ")
      if words.count > 4 { return (id, words.prefix(4).joined(separator: " ")) }
    }
    throw BenchFailure("no article has a body")
  }
}
