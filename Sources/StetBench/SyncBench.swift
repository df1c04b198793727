import Foundation

/// Clone, nothing to do, and one note, with one article and with the whole corpus.
enum SyncBench {
  static func run(in world: BenchWorld, runs: Int, _ report: inout Report) throws {
    try corpus(in: world, runs: runs, &report)
    try oneArticle(in: world, &report)
  }

  private static func corpus(in world: BenchWorld, runs: Int, _ report: inout Report) throws {
    let anna = try world.machine("anna")
    try world.run("stet", ["init", "desk"], in: anna)
    try world.run("stet", ["import", "--quiet", world.input], in: anna)
    let hub = try world.hub(archive: "desk")
    defer { hub.stop() }
    try world.run("stet", ["remote", "add", "origin", hub.url], in: anna)
    try world.run("stet", ["sync", "--quiet"], in: anna)

    var clones: [Double] = []
    var floor: [Double] = []
    let blocks = try Floor.importing(world.input, in: anna).blocks
    for _ in 0..<runs {
      let bert = try world.machine("bert")
      clones.append(try world.run("stet", ["clone", "--quiet", hub.url], in: bert).seconds)
      floor.append(try Floor.cloning(blocks, of: bert.appending(path: "desk.stet"), in: bert))
    }
    report.add("clone over loopback, whole process", seconds: clones, floor: floor, goal: 0.8)

    let idle = try nothingToDo(in: world, anna, "the corpus", &report)
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
      let sync = try world.run("stet", ["sync", "--json"], in: anna)
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
    let machine = try world.machine("single")
    let line = #"{"id": "1", "source": "made up", "headline": "One", "body": "One body."}"#
    try Data((line + "\n").utf8).write(to: machine.appending(path: "one.jsonl"))
    try world.run("stet", ["init", "desk"], in: machine)
    try world.run("stet", ["import", "--quiet", "one.jsonl"], in: machine)
    let hub = try world.hub(archive: "desk")
    defer { hub.stop() }
    try world.run("stet", ["remote", "add", "origin", hub.url], in: machine)
    try world.run("stet", ["sync", "--quiet"], in: machine)
    _ = try nothingToDo(in: world, machine, "1 article", &report)
  }

  /// Returns: the bytes of both directions.
  private static func nothingToDo(
    in world: BenchWorld,
    _ machine: URL,
    _ size: String,
    _ report: inout Report
  ) throws -> Double {
    // The first digest of an archive is another matter.
    try world.run("stet", ["digest"], in: machine)
    let sync = try world.run("stet", ["sync", "--json"], in: machine)
    let (sent, received) = (try sync.number("bytes_sent"), try sync.number("bytes_received"))
    report.add("nothing to do, \(size), whole process", seconds: [sync.seconds], goal: 0.06)
    report.add(
      "nothing to do, \(size), round trips",
      count: try sync.number("round_trips"),
      limit: 1,
      unit: "round trip"
    )
    report.add("nothing to do, \(size), sent", count: sent, limit: 250, unit: "bytes")
    report.add("nothing to do, \(size), received", count: received, limit: 250, unit: "bytes")
    return sent + received
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
