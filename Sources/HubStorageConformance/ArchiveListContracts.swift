internal import ChangeLog
internal import HubStorage
internal import SyncProtocol
internal import SyncSimulation
internal import Testing

extension HubBench {
  func createdArchivesAreThere() throws {
    let storage = try open()
    #expect(try storage.archiveNames() == [])
    let longest = String(repeating: "a", count: FormatLimits.archiveNameByteLimit)
    let names = ["0", "desk", "desk-2", "desk.hub", "desk_2", longest]
    for name in names.reversed() { try storage.createArchive(named: name) }
    #expect(try storage.archiveNames() == names.sorted())
    for name in names {
      let view = try storage.archive(named: name).view(of: nil, knowing: nil, writing: nil)
      #expect(view.genesis == nil)
      #expect(view.end.position == 0)
      #expect(view.end.check == LogCheck(store: view.end.store).prefix)
      #expect(view.frontier == Frontier().digest)
    }
  }

  func unknownArchivesAreRefused() throws {
    let storage = try open()
    for name in ["desk", "", "../desk", "."] {
      #expect(throws: HubStorageFailure.unknown(name)) { try storage.archive(named: name) }
    }
    #expect(try storage.archiveNames() == [])
  }

  func namesAreGivenOnce() throws {
    var writers = try WriterFixture(seed: 1)
    let archive = try archive(of: writers)
    var lane = try writers.lane()
    try archive.append([lane.pack(2)], with: &writers)
    for _ in 0..<2 {
      let storage = try open()
      #expect(throws: HubStorageFailure.exists("desk")) {
        try storage.createArchive(named: "desk")
      }
      #expect(try storage.archive(named: "desk").end() == archive.end())
    }
    #expect(try audit(archive, of: writers).changes.count == 2)
  }

  func oneOfManyCreatorsSucceeds() throws {
    let storages = [try open(), try open()]
    let names = (0..<20).map { "desk-\($0)" }
    for name in names {
      let results = concurrently(4) { place in
        try storages[place % 2].createArchive(named: name)
      }
      let refusals = results.compactMap(\.failure).map { $0 as? HubStorageFailure }
      #expect(refusals == Array(repeating: .exists(name), count: 3))
      #expect(try storages[0].archive(named: name).end() == storages[1].archive(named: name).end())
    }
    #expect(try storages[0].archiveNames() == names.sorted())
  }

  func badNamesAreRefused() throws {
    let storage = try open()
    let tooLong = String(repeating: "a", count: FormatLimits.archiveNameByteLimit + 1)
    let names = [
      "", ".", "..", ".desk", "-desk", "_desk", "a/b", "a\\b", "a b", "a\n", "a\0", "a:b", "dé",
      "e\u{301}", "架", "a%2e", "\u{FEFF}a", tooLong,
    ]
    for name in names {
      #expect(throws: HubStorageFailure.unacceptableName(name)) {
        try storage.createArchive(named: name)
      }
    }
    #expect(try storage.archiveNames() == [])
  }

  func openingAgainGivesTheSameArchive() throws {
    var writers = try WriterFixture(seed: 2)
    let archive = try archive(of: writers)
    let storage = try open()
    let others = [try storage.archive(named: "desk"), try storage.archive(named: "desk")]
    var lane = try writers.lane()
    for _ in 0..<3 {
      for one in others + [archive] {
        try one.append([lane.pack(2)], with: &writers)
        for other in others + [archive] { #expect(try other.end() == one.end()) }
      }
    }
    #expect(try audit(archive, of: writers).changes.count == 18)
  }

  func archivesDoNotTouchEachOther() throws {
    var writers = try WriterFixture(seed: 3, name: "desk")
    var others = try WriterFixture(seed: 4, name: "desk-2")
    let archive = try archive(of: writers)
    let other = try self.archive(of: others)
    #expect(try archive.end().store != other.end().store)
    var peer = writers.peer()
    var lane = try writers.lane()
    try archive.append([lane.pack(3)], from: &peer)
    #expect(try other.end().position == 0)
    #expect(try other.frontier() == Frontier())
    #expect(try other.known(of: peer.store) == nil)
    #expect(try other.genesis()?.bytes == others.genesis.bytes)
    #expect(try !other.holds(archive.end()))
    var otherLane = try others.lane()
    try other.append([otherLane.pack(2)], with: &others)
    #expect(try audit(archive, of: writers).changes.count == 3)
    #expect(try audit(other, of: others).changes.count == 2)
  }
}
