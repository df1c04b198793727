internal import ChangeLog
internal import HubStorage
internal import SyncProtocol
internal import SyncSimulation
internal import Testing

extension HubBench {
  func genesisIsAdoptedOnce() throws {
    let writers = try WriterFixture(seed: 5)
    let others = try WriterFixture(seed: 6)
    let archive = try archive(of: writers)
    try archive.adopt(writers.genesis)
    let refusal = #expect(throws: PeerFailure.self) { try archive.adopt(others.genesis) }
    #expect(refusal?.code == .wrongArchive)
    #expect(refusal?.scope == .archive)
    #expect(try archive.genesis()?.bytes == writers.genesis.bytes)
    #expect(try archive.end().position == 0)
  }

  func packsBeforeTheGenesisAreRefused() throws {
    var writers = try WriterFixture(seed: 7)
    let storage = try open()
    try storage.createArchive(named: "desk")
    let archive = try storage.archive(named: "desk")
    var lane = try writers.lane()
    var peer = writers.peer()
    let delivery = peer.deliver(try lane.pack(2))
    let refusal = #expect(throws: PeerFailure.self) {
      try archive.append([delivery], from: peer.store)
    }
    #expect(refusal?.code == .protocolViolation)
    #expect(try archive.end().position == 0)
    #expect(try archive.known(of: peer.store) == nil)
    try archive.adopt(writers.genesis)
    #expect(try archive.append([delivery], from: peer.store).newChangeCount == 2)
  }

  func packsOfOtherArchivesAreRefused() throws {
    var writers = try WriterFixture(seed: 8)
    var others = try WriterFixture(seed: 9)
    let archive = try archive(of: writers)
    var lane = try others.lane()
    let pack = try lane.pack(2)
    #expect(throws: LogFailure.self) { try archive.append([pack], with: &writers) }
    #expect(try audit(archive, of: writers).changes.isEmpty)
  }
}
