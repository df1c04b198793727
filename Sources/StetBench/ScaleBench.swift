import Foundation

/// One run over a large archive: times, bytes and memory.
///
/// The goals are those for 258,804 articles, about 800 MB of text.
enum ScaleBench {
  static func run(in world: BenchWorld, _ report: inout Report) async throws {
    let anna = try world.machine("anna")
    let blocks = try imported(in: world, anna, &report)
    let hub = try world.hub(archive: "desk")
    defer { hub.stop() }
    let desk = BenchDesk(world: world, machine: anna, hub: hub)
    try world.run("stet", ["remote", "add", "origin", hub.url], in: anna)
    try desk.sync()
    try cloned(blocks, on: desk, &report)
    try resumed(on: desk, &report)
    try nothingToDo(on: desk, &report)
    try corrected(on: desk, &report)
    try annotated(on: desk, &report)
    try ClonesBench.run(on: desk, &report)
    try IndexBench.run(on: desk, runs: 5, &report)
    let lanes = try await LanesBench.run(on: desk, counts: [1, 100, 10_000], runs: 5, &report)
    try await ContactBench.run(on: desk, lanes, &report)
    try await BusyHubBench.run(on: desk, writerCount: 200, &report)
    try await WritersBench.run(on: desk, writerCount: 200, for: .seconds(10), &report)
    try compacted(textOf: blocks, on: desk, &report)
  }

  private static func imported(
    in world: BenchWorld,
    _ machine: URL,
    _ report: inout Report
  ) throws -> [Floor.Block] {
    try world.run("stet", ["init", "desk"], in: machine)
    let run = try world.run("stet", ["import", "--json", world.input], in: machine)
    let floor = try Floor.importing(world.input, in: world.machine("floor"))
    report.add(
      "import, whole process",
      seconds: [run.seconds],
      floor: [floor.seconds],
      goal: max(20, 1.5 * floor.seconds)
    )
    report.add("import, peak memory", count: Double(run.peakMemory) / 1e6, goal: 300, unit: "MB")
    return floor.blocks
  }

  /// What a hub does in idle time, done at once.
  private static func compacted(
    textOf blocks: [Floor.Block],
    on desk: BenchDesk,
    _ report: inout Report
  ) throws {
    let text = Double(blocks.reduce(0) { $0 + $1.raw })
    let folder = desk.hub.log.url.deletingLastPathComponent().path
    let run = try desk.world.run("stetd", ["compact", "desk", "--data", folder], in: desk.machine)
    let after = try desk.hub.log.number(packBytes)
    report.add("packs per byte of text, after idle work", count: after / text, goal: 0.4, unit: "")
    report.add("idle work, peak memory", count: Double(run.peakMemory) / 1e6, goal: 300, unit: "MB")
  }

  private static let packBytes = "SELECT sum(length(bytes)) FROM packs"

  private static func cloned(
    _ blocks: [Floor.Block],
    on desk: BenchDesk,
    _ report: inout Report
  ) throws {
    let (world, hub) = (desk.world, desk.hub)
    let before = hub.processorSeconds
    let bert = try world.machine("bert")
    let run = try world.run("stet", ["clone", "--json", hub.url], in: bert)
    let processor = hub.processorSeconds - before
    let floor = try Floor.cloning(
      blocks,
      of: BenchDesk.log(of: bert).url,
      in: world.machine("floor")
    )
    let goal = 2 * floor
    report.add("clone over loopback", seconds: [run.seconds], floor: [floor], goal: goal)
    report.add("clone, peak memory", count: Double(run.peakMemory) / 1e6, goal: 200, unit: "MB")
    report.add("clone, the hub's processor time", count: processor, goal: 1, unit: "s")
    report.add(
      "hub, peak memory",
      count: Double(hub.peakMemory) / 1e6,
      goal: 100,
      unit: "MB"
    )
    let packs = try desk.log.number(packBytes)
    let received = try run.number("bytes_received")
    report.add("clone, bytes per byte of packs", count: received / packs, goal: 1.02, unit: "")
    try desk.expectSameDigest(on: bert)
  }

  /// A clone that is killed in the middle, and run again.
  private static func resumed(on desk: BenchDesk, _ report: inout Report) throws {
    let (world, hub) = (desk.world, desk.hub)
    let carl = try world.machine("carl")
    let (log, position) = (BenchDesk.log(of: carl), "SELECT max(position) FROM packs")
    let end = try desk.log.number(position)
    try world.kill("stet", ["clone", "--quiet", hub.url], in: carl) {
      ((try? log.number(position)) ?? 0) >= end / 2
    }
    let run = try world.run("stet", ["clone", "--json", hub.url], in: carl)
    let again = try run.number("changes_received") / end
    report.add("killed at a half: sent again", count: again, goal: 0.55, unit: "of all")
  }

  private static func nothingToDo(on desk: BenchDesk, _ report: inout Report) throws {
    for count in [1, 10_000] {
      let few = try BenchDesk(
        in: desk.world,
        named: "few",
        importing: desk.world.beginning(of: count)
      )
      defer { few.hub.stop() }
      try NothingToDo.measure(on: few, "\(count) articles", runs: 5, &report)
    }
    let count = try Int(desk.log.number("SELECT count(*) FROM articles"))
    try NothingToDo.measure(on: desk, "\(count) articles", runs: 5, &report)
  }

  private static func corrected(on desk: BenchDesk, _ report: inout Report) throws {
    try correct(with: "corrected", on: desk)
    let run = try desk.syncInSilence()
    report.add("100 corrected articles, whole process", seconds: [run.seconds], goal: 0.15)
    try correct(with: "amended", on: desk)
    let counted = try desk.sync()
    let bytes = try counted.number("bytes_sent") + counted.number("bytes_received")
    report.add("100 corrected articles, bytes", count: bytes, limit: 40_000, unit: "bytes")
  }

  /// Puts a word in the place of another one in the bodies of 100 articles.
  private static func correct(with word: String, on desk: BenchDesk) throws {
    let (world, machine) = (desk.world, desk.machine)
    for article in try articles(in: world, machine) {
      let shown = try world.run("stet", ["show", article, "--json"], in: machine)
      let object = try JSONSerialization.jsonObject(with: shown.output) as? [String: Any]
      var words = (object?["body"] as? String ?? "").components(separatedBy: " ")
      words[words.count / 2] = word
      let file = machine.appending(path: "body.txt")
      try Data(words.joined(separator: " ").utf8).write(to: file)
      try world.run("stet", ["edit", article, "--body", "--file", file.path], in: machine)
    }
  }

  private static func annotated(on desk: BenchDesk, _ report: inout Report) throws {
    try annotate(on: desk)
    let run = try desk.syncInSilence()
    report.add("100 notes, whole process", seconds: [run.seconds], goal: 0.1)
    try annotate(on: desk)
    let counted = try desk.sync()
    let packs = try desk.log.number(
      "SELECT sum(length(bytes)) FROM (SELECT bytes FROM packs ORDER BY position DESC LIMIT 100)"
    )
    let sent = try counted.number("bytes_sent")
    report.add("100 notes, bytes sent", count: sent, limit: 250 + 1.1 * packs, unit: "bytes")
  }

  private static func annotate(on desk: BenchDesk) throws {
    let (world, machine) = (desk.world, desk.machine)
    for (number, article) in try articles(in: world, machine).enumerated() {
      try world.run("stet", ["annotate", article, "--note", "note number \(number)"], in: machine)
    }
  }

  private static func articles(in world: BenchWorld, _ machine: URL) throws -> [String] {
    let listed = try world.run("stet", ["list", "--json", "--limit", "100"], in: machine)
    let articles = try JSONSerialization.jsonObject(with: listed.output) as? [[String: Any]] ?? []
    return articles.compactMap { $0["id"] as? String }
  }
}
