import Foundation
import Testing

@Suite struct CompactTests {
  @Test func `compacting changes nothing that anybody sees`() throws {
    let world = try World()
    let hub = try Hub(in: world, archives: ["desk"])
    let anna = try Machine("anna", in: world)
    try anna.write(TestPage.text(), to: "page.txt")
    try anna.expect("init", "desk")
    try anna.expect("import", "page.txt", "--source", "harbour")
    try anna.expect("remote", "add", "origin", hub.url("desk"))
    try anna.expect("sync")
    let digest = try anna.digest()
    let report = try #require(try anna.json("compact") as? [String: Any])
    let (before, after) = (report["bytes_before"] as? Int, report["bytes"] as? Int)
    #expect(try #require(after) <= #require(before))
    #expect(report["packs_damaged"] as? Int == 0)
    #expect(report["packs"] as? Int ?? 0 > 0)
    // The hub is serving the archive meanwhile.
    let data = world.folder.appending(path: "hub").path
    let served = try Run("stetd", ["compact", "--json", "--data", data], in: world.folder)
    #expect(served.status == 0, "\(served.complaints)")
    let rows = try JSONSerialization.jsonObject(with: Data(served.output.utf8))
    #expect((rows as? [[String: Any]])?.map { $0["archive"] as? String } == ["desk"])
    #expect(try anna.digest() == digest)
    #expect(try anna.stet("verify").status == 0)
    #expect(try Run("stetd", ["verify", "--data", data], in: world.folder).status == 0)
    let bert = try Machine("bert", in: world)
    try bert.expect("clone", hub.url("desk"))
    #expect(try bert.digest() == digest)
    try anna.expect("sync")
    #expect(hub.stop() == 0)
  }
}
