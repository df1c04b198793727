import Foundation
import Testing

/// A disk that becomes full at every place of an operation, one after the other.
///
/// The disk gives out pages of 4 KiB. With room for 0, 1, 2, … pages, until the operation
/// succeeds, every write that needs a page is once the one that does not get it.
@Suite(.enabled(if: SmallDisk.isPossible, "needs the right to mount a tmpfs"))
struct FullDiskSweepTests {
  /// An operation that takes more pages than this does not end.
  private static let pageLimit = 2000

  /// Tries with more and more room, until an attempt succeeds.
  ///
  /// - `step`: pages; 4 still meets every write of SQLite, whose pages have 16 KiB.
  /// - `attempt`: gets the number of pages; returns whether there was enough room.
  /// - Returns: how many attempts found the disk full.
  private func sweep(step: Int = 1, _ attempt: (Int) throws -> Bool) throws -> Int {
    let rooms = stride(from: 0, to: Self.pageLimit, by: step)
    for (number, pages) in rooms.enumerated() where try attempt(pages) { return number }
    Issue.record("no room was enough")
    return Self.pageLimit
  }

  /// Expects that a run that did not succeed says what the matter is.
  private func expectSaid(_ run: Run, pages: Int) {
    #expect(run.status == 1, "\(pages) pages: \(run.complaints)")
    #expect(run.complaints.contains("the disk is full"), "\(pages) pages: \(run.complaints)")
  }

  @Test func `an import for which there is no room has not happened, and succeeds when there is`()
    throws
  {
    let world = try World()
    let disk = try SmallDisk(in: world, megabytes: 16)
    let machine = try Machine("disk", in: world)
    try machine.write(TestPage.text(), to: "page.txt")
    try machine.write(TestPage.lines(60), to: "wire.jsonl")
    try machine.expect("init", "desk")
    try machine.expect("import", "page.txt", "--source", "harbour")
    try machine.expect("annotate", "100231", "--note", "kept")
    let before = try machine.digest()
    let backup = world.folder.appending(path: "backup").path
    try Shell.run("cp", "-a", machine.folder.path, backup)

    let count = try sweep { pages in
      try disk.empty()
      try Shell.run("cp", "-a", backup + "/.", machine.folder.path)
      try disk.fill(leaving: pages * SmallDisk.pageByteCount)
      let run = try machine.stet("import", "wire.jsonl")
      try disk.free()
      if run.status != 0 {
        expectSaid(run, pages: pages)
        #expect(try machine.digest() == before, "\(pages) pages")
        try machine.expect("import", "wire.jsonl")
      }
      let status = try machine.json("status") as? [String: Any]
      #expect(status?["articles"] as? Int == 61, "\(pages) pages")
      #expect(status?["annotations"] as? Int == 1, "\(pages) pages")
      let digest = try machine.digest()
      try machine.expect("rebuild", "--quiet")
      #expect(try machine.digest() == digest, "\(pages) pages")
      return run.status == 0
    }
    print("sweep: an import met the full disk at \(count) places")
    #expect(count > 20)
  }

  @Test func `an archive for which there is no room leaves no file behind`() throws {
    let world = try World()
    let disk = try SmallDisk(in: world, megabytes: 16)
    let machine = try Machine("disk", in: world)
    let count = try sweep { pages in
      try disk.empty()
      try disk.fill(leaving: pages * SmallDisk.pageByteCount)
      let run = try machine.stet("init", "desk")
      try disk.free()
      if run.status != 0 {
        expectSaid(run, pages: pages)
        let left = try FileManager.default.contentsOfDirectory(atPath: machine.folder.path)
        if left.contains("desk.stet") {
          // It was whole before the room went out.
          try machine.expect("digest")
          return false
        }
        try machine.expect("init", "desk")
      }
      try machine.expect("digest")
      return run.status == 0
    }
    print("sweep: an init met the full disk at \(count) places")
    #expect(count > 20)
  }

  @Test func `a hub's archive for which there is no room is not made`() throws {
    let world = try World()
    let disk = try SmallDisk(in: world, megabytes: 16)
    let words = ["archive", "create", "desk", "--data", disk.folder.path]
    let count = try sweep { pages in
      try disk.empty()
      try disk.fill(leaving: pages * SmallDisk.pageByteCount)
      let run = try Run("stetd", words, in: world.folder)
      try disk.free()
      if run.status != 0 {
        expectSaid(run, pages: pages)
        let again = try Run("stetd", words, in: world.folder)
        #expect(again.status == 0, "\(pages) pages: \(again.complaints)")
      }
      return run.status == 0
    }
    print("sweep: a hub's new archive met the full disk at \(count) places")
    #expect(count > 20)
  }

  @Test func `a clone for which there is no room goes on when there is`() throws {
    let world = try World()
    let disk = try SmallDisk(in: world, megabytes: 16)
    let hub = try Hub(in: world, archives: ["desk"])
    let anna = try Machine("anna", in: world)
    try anna.write(TestPage.lines(60), to: "wire.jsonl")
    try anna.expect("init", "desk")
    try anna.expect("import", "wire.jsonl")
    try anna.expect("remote", "add", "origin", hub.url("desk"))
    try anna.expect("sync")
    let digest = try anna.digest()
    let machine = try Machine("disk", in: world)
    let count = try sweep(step: 4) { pages in
      try disk.empty()
      try disk.fill(leaving: pages * SmallDisk.pageByteCount)
      let run = try machine.stet("clone", hub.url("desk"))
      try disk.free()
      if run.status != 0 {
        expectSaid(run, pages: pages)
        try machine.expect("clone", hub.url("desk"))
      }
      #expect(try machine.digest() == digest, "\(pages) pages")
      try machine.expect("annotate", "a7", "--note", "x")
      return run.status == 0
    }
    print("sweep: a clone met the full disk at \(count) places")
    #expect(count > 20)
    #expect(hub.stop() == 0)
  }

  @Test func `a hub without room acknowledges nothing, and goes on when there is some`() throws {
    let world = try World()
    let disk = try SmallDisk(in: world, megabytes: 64)
    // The hub's data folder is the disk.
    try FileManager.default.createSymbolicLink(
      at: world.folder.appending(path: "hub"),
      withDestinationURL: disk.folder
    )
    var hub = try Hub(in: world, archives: ["desk"])
    let anna = try Machine("anna", in: world)
    try anna.write(TestPage.lines(30), to: "wire.jsonl")
    try anna.expect("init", "desk")
    try anna.expect("import", "wire.jsonl")
    try anna.expect("remote", "add", "origin", hub.url("desk"))
    try anna.expect("sync")
    let count = try sweep { pages in
      // A hub that starts anew has an empty WAL, whose every page needs room.
      #expect(hub.stop() == 0)
      hub = try Hub(in: world, archives: [], port: hub.port)
      try anna.expect("annotate", "a7", "--note", "note \(pages)")
      try disk.fill(leaving: pages * SmallDisk.pageByteCount)
      let run = try anna.stet("sync")
      if run.status != 0 {
        #expect(run.status == 9, "\(pages) pages: \(run.complaints)")
        #expect(
          run.complaints.contains("the store of the other side failed"),
          "\(pages) pages: \(run.complaints)"
        )
        let status = try anna.json("status") as? [String: Any]
        #expect(status?["unsent"] as? Int == 1, "\(pages) pages")
      }
      try disk.free()
      try anna.expect("sync")
      return run.status == 0
    }
    print("sweep: a hub met the full disk at \(count) places")
    #expect(count > 3)
    let bert = try Machine("bert", in: world)
    try bert.expect("clone", hub.url("desk"))
    #expect(try bert.digest() == anna.digest())
    #expect(hub.stop() == 0)
  }
}
