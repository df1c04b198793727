import Foundation
import GRDB
import Testing

@Suite struct VerifyTests {
  @Test func `a whole archive verifies, and its file stays as it was`() throws {
    let world = try World()
    let hub = try Hub(in: world, archives: ["desk"])
    let anna = try Self.machine(in: world, hub)
    let files = [
      anna.folder.appending(path: "desk.stet"), world.folder.appending(path: "hub/desk.hub"),
    ]
    let before = try files.map { try Data(contentsOf: $0) }
    for depth in [[], ["--quick"]] {
      let run = try Run("stet", ["verify"] + depth, in: anna.folder)
      #expect(run.status == 0, "\(run.output) \(run.complaints)")
      #expect(run.output == "")
      // The hub is serving the archive meanwhile.
      let data = world.folder.appending(path: "hub").path
      let served = try Run("stetd", ["verify", "--data", data] + depth, in: world.folder)
      #expect(served.status == 0, "\(served.output) \(served.complaints)")
      #expect(served.output == "")
    }
    #expect(try files.map { try Data(contentsOf: $0) } == before)
    let json = try anna.json("verify") as? [String: Any]
    #expect(json?["ok"] as? Bool == true)
    #expect((json?["findings"] as? [Any])?.isEmpty == true)
    #expect(json?["changes"] as? Int == 3)
    #expect(json?["seconds"] is Double)
    #expect(hub.stop() == 0)
  }

  @Test func `a damaged state is found, and rebuild mends it`() throws {
    let world = try World()
    let hub = try Hub(in: world, archives: ["desk"])
    let anna = try Self.machine(in: world, hub)
    try Self.execute(
      "UPDATE articles SET headline = 'other'; UPDATE search_content SET c1 = 'other'",
      in: anna.folder.appending(path: "desk.stet")
    )
    #expect(try anna.stet("verify", "--quick").status == 0)
    let run = try anna.stet("verify")
    #expect(run.status == 7)
    #expect(run.output.contains("table articles, row"), "\(run.output)")
    #expect(run.output.contains("table search, row"), "\(run.output)")
    #expect(run.complaints.contains("stet rebuild"), "\(run.complaints)")
    #expect(try anna.stet("rebuild").status == 0)
    #expect(try anna.stet("verify").status == 0)
    #expect(hub.stop() == 0)
  }

  @Test func `a damaged pack is found in a replica and in a hub`() throws {
    let world = try World()
    let hub = try Hub(in: world, archives: ["desk", "other"])
    let anna = try Self.machine(in: world, hub)
    #expect(hub.stop() == 0)
    let damage = "UPDATE packs SET bytes = substr(bytes, 1, length(bytes) - 1) WHERE position = 2"
    try Self.execute(damage, in: anna.folder.appending(path: "desk.stet"))
    let data = world.folder.appending(path: "hub")
    try Self.execute(damage, in: data.appending(path: "desk.hub"))
    for depth in [[], ["--quick"]] {
      let run = try Run("stet", ["verify"] + depth, in: anna.folder)
      #expect(run.status == 7)
      #expect(run.output.contains("pack at position 2"), "\(run.output)")
      #expect(run.complaints.contains("stet repair --from"), "\(run.complaints)")
      let hub = try Run(
        "stetd",
        ["verify", "desk", "other", "--json", "--data", data.path] + depth,
        in: world.folder
      )
      #expect(hub.status == 7)
      let json = try JSONSerialization.jsonObject(with: Data(hub.output.utf8)) as? [String: Any]
      #expect(json?["ok"] as? Bool == false)
      let findings = json?["findings"] as? [[String: Any]]
      #expect(findings?.map { $0["archive"] as? String } == ["desk"])
      #expect(findings?.map { $0["place"] as? String } == ["pack at position 2"])
      let other = try Run("stetd", ["verify", "other", "--data", data.path], in: world.folder)
      #expect(other.status == 0)
    }
  }

  @Test func `a file that SQLite cannot read is a finding`() throws {
    let world = try World()
    let anna = try Machine("anna", in: world)
    #expect(try anna.stet("init", "desk").status == 0)
    let file = anna.folder.appending(path: "desk.stet")
    var bytes = try Data(contentsOf: file)
    bytes.replaceSubrange(100..<200, with: Data(repeating: 0xFF, count: 100))
    try bytes.write(to: file)
    let run = try anna.stet("verify", "--json")
    #expect(run.status == 7, "\(run.complaints)")
    #expect(run.output.contains("\"ok\" : false"), "\(run.output)")
    try anna.write(String(repeating: "no archive ", count: 20), to: "desk.stet")
    #expect(try anna.stet("verify").status == 1)
  }

  /// A machine with an archive of an article and a note, in sync with a hub.
  private static func machine(in world: World, _ hub: Hub) throws -> Machine {
    let anna = try Machine("anna", in: world)
    try anna.write(TestPage.text(), to: "page.txt")
    for run in [
      try anna.stet("init", "desk"),
      try anna.stet("import", "page.txt", "--source", "harbour"),
      try anna.stet("annotate", "100231", "--note", "compare with June"),
      try anna.stet("search", "harbour"),
      try anna.stet("remote", "add", "origin", hub.url("desk")),
      try anna.stet("sync"),
    ] where run.status != 0 {
      throw Unexpected(run: run)
    }
    return anna
  }

  private static func execute(_ sql: String, in file: URL) throws {
    let database = try DatabaseQueue(path: file.path)
    try database.writeWithoutTransaction { try $0.execute(sql: sql) }
    try database.close()
  }
}
