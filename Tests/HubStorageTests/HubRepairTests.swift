import ChangeLog
import Foundation
import HubStorage
import HubStorageSQLite
import LogStorage
import SyncProtocol
import SyncSimulation
import Testing

@Suite struct HubRepairTests {
  @Test func `a repaired hub is another store, with all that could be read`() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    var writers = try WriterFixture(seed: 59)
    var (lane, other) = (try writers.lane(), try writers.lane())
    let first = try lane.pack(2)
    let lost = try lane.pack()
    let behind = try lane.pack()
    let others = try other.pack(2)
    let storage = try SQLiteHubStorage(folder: folder.url)
    try storage.createArchive(named: "desk")
    let archive = try storage.archive(named: "desk")
    try archive.adopt(writers.genesis)
    var peer = writers.peer()
    _ = try archive.append(
      [first, lost, behind, others].map { peer.deliver($0) },
      from: peer.store
    )
    let store = try archive.logEnd().store
    try storage.close()

    try damage(lost, in: folder.url.appending(path: "desk.hub"))
    let repairing = try SQLiteHubStorage(folder: folder.url)
    #expect(try !repairing.verify("desk", .full).damages.isEmpty)
    let report = try #require(try repairing.repair("desk"))
    #expect(report.salvagedCount == 4)
    #expect(report.fetchedCount == 0)
    #expect(report.waitingCount == 1)
    #expect(report.missing.map(\.lane) == [lane.id])
    #expect(report.missing.map(\.seqs) == [3...3])
    #expect(FileManager.default.fileExists(atPath: report.keptPath))

    let repaired = try SQLiteHubStorage(folder: folder.url)
    #expect(try repaired.verify("desk", .full).damages == [])
    let again = try repaired.archive(named: "desk")
    #expect(try again.logEnd().store != store)
    #expect(try again.logEnd().position == 4)
    #expect(try again.frontier() == Frontier([lane.id: first.head, other.id: others.head]))
    let view = try again.view(of: nil, knowing: nil, writing: nil)
    #expect(view.genesis?.bytes == writers.genesis.bytes)
    try repaired.close()
  }

  /// Flips two bits in every copy of a pack that a closed file has.
  private func damage(_ pack: PackFixture, in file: URL) throws {
    var bytes = try Data(contentsOf: file)
    let wanted = Data(pack.bytes.prefix(80))
    var found = bytes.range(of: wanted)
    while let place = found {
      bytes[place.lowerBound + 70] ^= 6
      found = bytes.range(of: wanted)
    }
    try bytes.write(to: file)
  }
}
