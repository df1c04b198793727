import ChangeLog
import Foundation
import GRDB
import NIOPosix
import SyncProtocol
import SyncSimulation
import Synchronization

/// Many who push to a hub, each writing one change after the other and waiting for it to be
/// acknowledged.
enum WritersBench {
  private static let writerCount = 200
  private static let duration = Duration.seconds(10)

  static func run(in world: BenchWorld, _ report: inout Report) throws {
    var archive = try MadeArchive(in: world)
    defer { archive.hub.stop() }
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    defer { try? group.syncShutdownGracefully() }
    let writers = try (0..<writerCount).map { _ in
      Writer(lane: try archive.lane(), peer: archive.peer())
    }
    let connections = Mutex<[LivePeer]>([])
    try LivePeer.connect(0..<writerCount, as: .writer, to: archive, on: group) { number in
      LivePeer.Reactions(
        greeted: { peer in connections.withLock { $0.append(peer) } },
        acknowledgement: { peer, _ in writers[number].acknowledged(at: peer) }
      )
    }
    let before = archive.hub.processorSeconds
    let end = ContinuousClock.now + duration
    for (writer, connection) in zip(writers, connections.withLock { $0 }) {
      group.any().execute { writer.begin(at: connection, until: end) }
    }
    for writer in writers { writer.wait() }
    let processor = archive.hub.processorSeconds - before
    let latencies = writers.flatMap(\.latencies).sorted()
    let rate = Double(latencies.count) / (duration / .seconds(1))
    let floor = try floor(writers.flatMap(\.sent), in: world.machine("floor"))
    report.add(
      "\(writerCount) writers, durable acknowledgements",
      rate: rate,
      floor: floor,
      goal: 5000
    )
    report.add(
      "\(writerCount) writers, p99",
      seconds: [latencies[latencies.count * 99 / 100]],
      goal: 0.05
    )
    report.add(
      "\(writerCount) writers, the hub's processor per change",
      count: processor / Double(latencies.count) * 1e6,
      goal: 200,
      unit: "µs"
    )
  }

  /// Verifies the packs' signatures and appends them to a table, a transaction for each time that all
  /// writers have written; per second, on one thread.
  private static func floor(_ packs: [[UInt8]], in folder: URL) throws -> Double {
    var configuration = Configuration()
    configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = FULL") }
    let database = try DatabasePool(
      path: folder.appending(path: "floor.db").path,
      configuration: configuration
    )
    try database.write { try $0.execute(sql: "CREATE TABLE packs (bytes BLOB)") }
    let start = ContinuousClock.now
    for first in stride(from: 0, to: packs.count, by: writerCount) {
      try database.write { db in
        for bytes in packs[first..<min(packs.count, first + writerCount)] {
          _ = try Pack(bytes)
          try db.execute(sql: "INSERT INTO packs VALUES (?)", arguments: [Data(bytes)])
        }
      }
    }
    return Double(packs.count) / ((ContinuousClock.now - start) / .seconds(1))
  }
}

/// One writer; used on its event loop, and afterwards by whoever waited for it.
private final class Writer: @unchecked Sendable {
  private var lane: LaneFixture
  private var peer: PeerFixture
  private var end = ContinuousClock.now
  private var start = ContinuousClock.now
  private(set) var latencies: [Double] = []
  /// Packs that were sent.
  private(set) var sent: [[UInt8]] = []
  private let done = DispatchSemaphore(value: 0)

  init(lane: LaneFixture, peer: PeerFixture) {
    self.lane = lane
    self.peer = peer
  }

  func begin(at connection: LivePeer, until end: ContinuousClock.Instant) {
    self.end = end
    write(at: connection)
  }

  func acknowledged(at connection: LivePeer) {
    latencies.append((ContinuousClock.now - start) / .seconds(1))
    if ContinuousClock.now < end { write(at: connection) } else { done.signal() }
  }

  func wait() { done.wait() }

  private func write(at connection: LivePeer) {
    guard let pack = try? lane.pack(1) else { preconditionFailure("a lane can be written") }
    sent.append(pack.bytes)
    start = .now
    connection.send([.pack(peer.deliver(pack))])
  }
}
