import Foundation
import GRDB
import Testing

@Suite struct KillTests {
  enum Victim: CaseIterable {
    case client
    case hub
  }

  /// Ten kills, each when the copy has got so far, five of each side.
  @Test(arguments: Victim.allCases, [1, 2, 4, 7, 11])
  func `a clone killed in the middle goes on where it was`(victim: Victim, tenths: Int) throws {
    let world = try World()
    var hub = try Hub(in: world, archives: ["desk"])
    let anna = try Machine("anna", in: world)
    try anna.write(TestPage.lines(4000), to: "wire.jsonl")
    #expect(try anna.stet("init", "desk").status == 0)
    #expect(try anna.stet("import", "wire.jsonl").status == 0)
    #expect(try anna.stet("remote", "add", "origin", hub.url("desk")).status == 0)
    #expect(try anna.stet("sync").status == 0)

    let bert = try Machine("bert", in: world)
    let url = hub.url("desk")
    let clone = try Programs.start("stet", ["clone", url], in: bert.folder)
    let complaints = Programs.drain(clone.complaints)
    let wal = bert.folder.appending(path: "desk.stet-wal").path
    // The WAL grows with every pack that is stored; a clone that is over has none.
    let size = tenths * 200_000
    while clone.process.isRunning {
      let attributes = try? FileManager.default.attributesOfItem(atPath: wal)
      if let count = attributes?[.size] as? Int, count >= size { break }
    }
    switch victim {
    case .client: kill(clone.process.processIdentifier, SIGKILL)
    case .hub: hub.kill()
    }
    clone.process.waitUntilExit()
    let said = complaints()
    if victim == .hub { hub = try Hub(in: world, archives: [], port: hub.port) }

    // What had arrived is durable, and is not sent again.
    let total = 4001
    let arrived = try StoredChanges.count(in: bert.folder.appending(path: "desk.stet").path)
    if clone.process.terminationReason == .uncaughtSignal || clone.process.terminationStatus != 0 {
      let report = try bert.json("clone", url) as? [String: Any]
      #expect(report?["changes_received"] as? Int == total - arrived, "\(said)")
    } else {
      #expect(arrived == total)
    }
    #expect(try bert.digest() == anna.digest())
    #expect(hub.stop() == 0)
  }
}

/// Looks into an archive file from outside.
enum StoredChanges {
  /// How many changes are in the log.
  static func count(in file: String) throws -> Int {
    // A clone that was cut before anything came leaves no file.
    guard FileManager.default.fileExists(atPath: file) else { return 0 }
    let database = try DatabaseQueue(path: file)
    defer { try? database.close() }
    return try database.read {
      try Int.fetchOne($0, sql: "SELECT coalesce(max(position), 0) FROM packs") ?? 0
    }
  }
}
