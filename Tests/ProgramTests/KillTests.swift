import Foundation
import GRDB
import Testing

@Suite struct KillTests {
  private enum Victim: CaseIterable {
    case client
    case hub
  }

  /// Ten kills, five of each side, each when the copy's file has grown so far.
  ///
  /// A machine may be so fast that some copies were over; were all of them, nothing was shown, and
  /// more follow.
  @Test func `a clone killed in the middle goes on where it was`() throws {
    let world = try World()
    var hub = try Hub(in: world, archives: ["desk"])
    let anna = try Machine("anna", in: world)
    try anna.write(TestPage.lines(12_000), to: "wire.jsonl")
    #expect(try anna.stet("init", "desk").status == 0)
    #expect(try anna.stet("import", "wire.jsonl").status == 0)
    #expect(try anna.stet("remote", "add", "origin", hub.url("desk")).status == 0)
    #expect(try anna.stet("sync").status == 0)
    let total = 12_001
    let url = hub.url("desk")
    var cuts = 0
    var killCount = 0
    while killCount < 10 || (cuts == 0 && killCount < 60) {
      let victim = Victim.allCases[killCount % 2]
      let megabytes = [1, 2, 4, 7, 11][killCount / 2 % 5]
      killCount += 1
      let bert = try Machine("bert-\(killCount)", in: world)
      let clone = try Programs.start("stet", ["clone", url], in: bert.folder)
      let complaints = Programs.drain(clone.complaints)
      waitUntil(bert, has: megabytes << 20, while: clone.process)
      switch victim {
      case .client: kill(clone.process.processIdentifier, SIGKILL)
      case .hub: hub.kill()
      }
      clone.process.waitUntilExit()
      let said = complaints()
      if victim == .hub { hub = try Hub(in: world, archives: [], port: hub.port) }

      // What had arrived is durable, and is not sent again.
      let arrived = try StoredChanges.count(in: bert.folder.appending(path: "desk.stet").path)
      if arrived > 0, arrived < total { cuts += 1 }
      if clone.process.terminationReason == .uncaughtSignal
        || clone.process.terminationStatus != 0
      {
        let report = try bert.json("clone", url) as? [String: Any]
        #expect(report?["changes_received"] as? Int == total - arrived, "\(said)")
      } else {
        #expect(arrived == total)
      }
      #expect(try bert.digest() == anna.digest())
    }
    #expect(cuts > 0)
    print("clones cut in the middle: \(cuts) of \(killCount)")
    #expect(hub.stop() == 0)
  }

  /// Waits until a clone has written so much, or is over.
  ///
  /// The WAL grows with every transaction.
  private func waitUntil(_ machine: Machine, has byteCount: Int, while clone: Process) {
    let wal = machine.folder.appending(path: "desk.stet-wal").path
    while clone.isRunning {
      let attributes = try? FileManager.default.attributesOfItem(atPath: wal)
      if let count = attributes?[.size] as? Int, count >= byteCount { return }
    }
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
