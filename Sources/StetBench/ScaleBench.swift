import Foundation
import GRDB

/// One run over a large archive: times, bytes and memory.
///
/// The goals are those for 258,804 articles, about 800 MB of text.
enum ScaleBench {
  static func run(in world: BenchWorld) throws {
    var report = Report()
    defer { report.write() }
    let anna = try world.machine("anna")
    let blocks = try imported(in: world, anna, &report)
    let hub = try world.hub(archive: "desk")
    defer { hub.stop() }
    try world.run("stet", ["remote", "add", "origin", hub.url], in: anna)
    try world.run("stet", ["sync", "--quiet"], in: anna)
    try cloned(blocks, in: world, anna, hub, &report)
    try resumed(in: world, anna, hub, &report)
    try nothingToDo(in: world, anna, &report)
    try corrected(in: world, anna, &report)
    try annotated(in: world, anna, &report)
  }

  private static func archive(of machine: URL) -> URL { machine.appending(path: "desk.stet") }

  private static func imported(
    in world: BenchWorld,
    _ machine: URL,
    _ report: inout Report
  ) throws -> [Floor.Block] {
    try world.run("stet", ["init", "desk"], in: machine)
    let run = try world.run("stet", ["import", "--json", world.input], in: machine)
    let floor = try Floor.importing(world.input, in: world.machine("floor"))
    report.add("import, whole process", seconds: [run.seconds], floor: [floor.seconds], goal: 20)
    report.add("import, peak memory", count: Double(run.peakMemory) / 1e6, goal: 300, unit: "MB")
    let text = floor.blocks.reduce(0) { $0 + $1.raw }
    let packs = try number("SELECT sum(length(bytes)) FROM packs", in: machine)
    // The goal is for packs after idle work.
    report.add("packs per byte of text", count: packs / Double(text), goal: 0.4, unit: "")
    return floor.blocks
  }

  private static func cloned(
    _ blocks: [Floor.Block],
    in world: BenchWorld,
    _ anna: URL,
    _ hub: RunningHub,
    _ report: inout Report
  ) throws {
    let before = hub.processorSeconds
    let bert = try world.machine("bert")
    let run = try world.run("stet", ["clone", "--json", hub.url], in: bert)
    let processor = hub.processorSeconds - before
    let floor = try Floor.cloning(blocks, of: archive(of: bert), in: world.machine("floor"))
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
    let packs = try number("SELECT sum(length(bytes)) FROM packs", in: anna)
    let received = try run.number("bytes_received")
    report.add("clone, bytes per byte of packs", count: received / packs, goal: 1.02, unit: "")
    let digests = try [anna, bert].map { try world.run("stet", ["digest"], in: $0).output }
    guard digests[0] == digests[1] else { throw BenchFailure("the clone has another digest") }
  }

  /// A clone that is killed in the middle, and run again.
  private static func resumed(
    in world: BenchWorld,
    _ anna: URL,
    _ hub: RunningHub,
    _ report: inout Report
  ) throws {
    let carl = try world.machine("carl")
    let end = try number("SELECT max(position) FROM packs", in: anna)
    try world.kill("stet", ["clone", "--quiet", hub.url], in: carl) {
      ((try? number("SELECT max(position) FROM packs", in: carl)) ?? 0) >= end / 2
    }
    let run = try world.run("stet", ["clone", "--json", hub.url], in: carl)
    let again = try run.number("changes_received") / end
    report.add("killed at a half: sent again", count: again, goal: 0.55, unit: "of all")
  }

  private static func nothingToDo(
    in world: BenchWorld,
    _ machine: URL,
    _ report: inout Report
  ) throws {
    let run = try world.run("stet", ["sync", "--json"], in: machine)
    report.add("nothing to do, whole process", seconds: [run.seconds], goal: 0.06)
    for key in ["bytes_sent", "bytes_received"] {
      let limit = 250.0
      report.add("nothing to do, \(key)", count: try run.number(key), limit: limit, unit: "bytes")
    }
  }

  /// A word in the bodies of 100 articles.
  private static func corrected(
    in world: BenchWorld,
    _ machine: URL,
    _ report: inout Report
  ) throws {
    for article in try articles(in: world, machine) {
      let shown = try world.run("stet", ["show", article, "--json"], in: machine)
      let object = try JSONSerialization.jsonObject(with: shown.output) as? [String: Any]
      var words = (object?["body"] as? String ?? "").components(separatedBy: " ")
      words[words.count / 2] = "corrected"
      let file = machine.appending(path: "body.txt")
      try Data(words.joined(separator: " ").utf8).write(to: file)
      try world.run("stet", ["edit", article, "--body", "--file", file.path], in: machine)
    }
    let run = try world.run("stet", ["sync", "--json"], in: machine)
    report.add("100 corrected articles, whole process", seconds: [run.seconds], goal: 0.15)
    let bytes = try run.number("bytes_sent") + run.number("bytes_received")
    report.add("100 corrected articles, bytes", count: bytes, limit: 40_000, unit: "bytes")
  }

  private static func annotated(
    in world: BenchWorld,
    _ machine: URL,
    _ report: inout Report
  ) throws {
    for (number, article) in try articles(in: world, machine).enumerated() {
      try world.run("stet", ["annotate", article, "--note", "note number \(number)"], in: machine)
    }
    let run = try world.run("stet", ["sync", "--json"], in: machine)
    report.add("100 notes, whole process", seconds: [run.seconds], goal: 0.1)
    let packs = try number(
      "SELECT sum(length(bytes)) FROM (SELECT bytes FROM packs ORDER BY position DESC LIMIT 100)",
      in: machine
    )
    let sent = try run.number("bytes_sent")
    report.add("100 notes, bytes sent", count: sent, limit: 250 + 1.1 * packs, unit: "bytes")
  }

  private static func articles(in world: BenchWorld, _ machine: URL) throws -> [String] {
    let listed = try world.run("stet", ["list", "--json", "--limit", "100"], in: machine)
    let articles = try JSONSerialization.jsonObject(with: listed.output) as? [[String: Any]] ?? []
    return articles.compactMap { $0["id"] as? String }
  }

  private static func number(_ sql: String, in machine: URL) throws -> Double {
    var configuration = Configuration()
    configuration.readonly = true
    let database = try DatabaseQueue(
      path: archive(of: machine).path,
      configuration: configuration
    )
    defer { try? database.close() }
    return try database.read { try Double.fetchOne($0, sql: sql) ?? 0 }
  }
}
