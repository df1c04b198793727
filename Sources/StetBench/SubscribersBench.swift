import Foundation
import NIOPosix
import SyncProtocol
import Synchronization

/// One note to many who stay connected to a hub, and what each of them costs it.
enum SubscribersBench {
  private static let noteCount = 20

  static func run(in world: BenchWorld, subscriberCount: Int, _ report: inout Report) throws {
    var archive = try MadeArchive(in: world, connections: subscriberCount + 10)
    defer { archive.hub.stop() }
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    defer { try? group.syncShutdownGracefully() }
    let before = archive.hub.memory
    let arrivals = Arrivals()
    try LivePeer.connect(0..<subscriberCount, as: .subscriber, to: archive.known, on: group) { _ in
      LivePeer.Reactions(pack: { _, _ in arrivals.note() })
    }
    let each = Double(archive.hub.memory - before) / Double(subscriberCount)
    let writer = Mutex<LivePeer?>(nil)
    let number = subscriberCount
    try LivePeer.connect(number..<number + 1, as: .writer, to: archive.known, on: group) { _ in
      LivePeer.Reactions(greeted: { peer in writer.withLock { $0 = peer } })
    }
    guard let writer = writer.withLock({ $0 }) else { throw BenchFailure("no writer") }
    var (lane, peer) = (try archive.lane(), archive.peer())
    var seconds: [Double] = []
    for _ in 0..<noteCount {
      let delivery = peer.deliver(try lane.pack(1))
      let start = ContinuousClock.now
      arrivals.expect(subscriberCount)
      group.any().execute { writer.send([.pack(delivery)]) }
      seconds += try arrivals.all().map { ($0 - start) / .seconds(1) }
    }
    seconds.sort()
    report.add(
      "one note to \(subscriberCount) subscribers, p99",
      seconds: [seconds[seconds.count * 99 / 100]],
      floor: [try floor(subscriberCount, byteCount: 400)],
      goal: subscriberCount > 1000 ? 1 : 0.1
    )
    report.add("memory per idle connection", count: each / 1024, goal: 16, unit: "KiB")
  }

  /// Writes as many bytes to as many sockets, one after the other, and reads them at the other ends.
  private static func floor(_ count: Int, byteCount: Int) throws -> Double {
    // Pairs of sockets, as many as this process may have open beside its connections.
    let pairCount = min(count, 2000)
    var ends: [(CInt, CInt)] = []
    defer {
      for (first, second) in ends {
        close(first)
        close(second)
      }
    }
    for _ in 0..<pairCount {
      var pair: [CInt] = [0, 0]
      guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0 else { break }
      ends.append((pair[0], pair[1]))
    }
    guard !ends.isEmpty else { throw BenchFailure("no socket could be opened") }
    var bytes = [UInt8](repeating: 1, count: byteCount)
    let start = ContinuousClock.now
    for number in 0..<count {
      let (first, second) = ends[number % ends.count]
      guard write(first, bytes, byteCount) == byteCount,
        read(second, &bytes, byteCount) == byteCount
      else { throw BenchFailure("a socket takes nothing") }
    }
    return (ContinuousClock.now - start) / .seconds(1)
  }
}

/// When packs arrived, counted over all connections.
private final class Arrivals: Sendable {
  private struct State {
    var times: [ContinuousClock.Instant] = []
    var expected = 0
  }

  private let state = Mutex(State())
  private let complete = DispatchSemaphore(value: 0)

  func expect(_ count: Int) {
    state.withLock { state in
      state.times = []
      state.times.reserveCapacity(count)
      state.expected = count
    }
  }

  func note() {
    let isComplete = state.withLock { state in
      state.times.append(.now)
      return state.times.count == state.expected
    }
    if isComplete { complete.signal() }
  }

  /// Waits until as many came as were expected.
  func all() throws -> [ContinuousClock.Instant] {
    guard complete.wait(timeout: .now() + 60) == .success else {
      throw BenchFailure("a note did not reach every subscriber within a minute")
    }
    return state.withLock { $0.times }
  }
}
