import CRDT
import ChangeLog
import NIOPosix
import SyncProtocol
import SyncSimulation
import SyncTransport
import Synchronization

/// Machines that keep a hub busy with notes, see ``NoteWriter``.
struct BusyWriters {
  private let writers: [NoteWriter]
  private let group: MultiThreadedEventLoopGroup
  private let record: NoteRecord

  /// Certifies writers at a hub, and lets them write; each has had a note acknowledged then.
  ///
  /// - `stockCount`: notes that each writes ahead.
  /// - `pause`: how long each rests between two notes.
  /// - `seed`: another for each time in one archive.
  init(
    _ count: Int,
    at hub: RunningHub,
    stockCount: Int = 0,
    pause: Duration,
    seed: UInt64
  ) async throws {
    var article = try NotedArticle(in: hub.log.genesis().archive, seed: seed)
    var lanes = try (0..<count).map { _ in try article.lane() }
    let beginnings = try lanes.indices.map { try lanes[$0].beginning() }
    try await NoteSender(at: hub, seed: seed).send([article.founding] + beginnings)

    let record = NoteRecord(writerCount: count)
    // Another seed has other stores.
    let numbers = Int(seed) * 1000..<Int(seed) * 1000 + count
    let writers = try zip(numbers, lanes).map { number, lane in
      try NoteWriter(
        store: .made(number),
        lane: lane,
        stockCount: stockCount,
        pause: pause,
        record: record
      )
    }
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    (self.record, self.writers, self.group) = (record, writers, group)
    let known = try KnownHub(hub)
    try await Blocking.run {
      try LivePeer.connect(numbers, as: .writer, to: known, on: group) { number in
        writers[number - numbers.lowerBound].reactions
      }
    }
    // Those who rest do not all rest at once.
    for (place, writer) in writers.enumerated() {
      let delay = pause * place / count
      group.any().scheduleTask(in: .nanoseconds(Int64(delay / .nanoseconds(1)))) { writer.begin() }
    }
    guard await record.allHaveBegun() else {
      throw BenchFailure("the writers stopped before all had begun")
    }
  }

  /// What is acknowledged from now on for some time.
  ///
  /// - Throws: ``BenchFailure`` when a writer is not answered any more.
  func acknowledgements(for time: Duration) async throws -> Acknowledgements {
    record.reset()
    try await Task.sleep(for: time)
    guard !record.hasLost else { throw BenchFailure("the hub closed a writer's connection") }
    return record.acknowledgements
  }

  /// How many notes were acknowledged so far, since the last measurement began.
  var acknowledgedCount: Int { record.acknowledgements.latencies.count }

  /// Lets every writer end with the note that is on its way.
  ///
  /// - Throws: ``BenchFailure`` when one was ended by the hub.
  func stop() async throws {
    group.any().execute { [writers] in for writer in writers { writer.stop() } }
    await record.allHaveEnded()
    try await group.shutdownGracefully()
    guard !record.hasLost else { throw BenchFailure("the hub closed a writer's connection") }
  }
}

/// What a hub acknowledged in a while.
struct Acknowledgements: Sendable {
  /// How long each took.
  var latencies: [Duration] = []
  /// The first of the notes.
  var notes: [WrittenPack] = []

  /// So many are enough to see what a note costs.
  fileprivate static let keptNoteCount = 2000

  /// What 99 of 100 took at most, s.
  var p99: Double {
    let sorted = latencies.sorted()
    return sorted.isEmpty ? 0 : sorted[sorted.count * 99 / 100] / .seconds(1)
  }
}

/// What all writers together got acknowledged.
final class NoteRecord: Sendable {
  private struct State {
    var acknowledgements = Acknowledgements()
    var begun: Set<LaneID> = []
    var endedCount = 0
    var hasLost = false
  }

  private let writerCount: Int
  private let state = Mutex(State())
  private let beginnings = AsyncStream.makeStream(of: Void.self)
  private let ends = AsyncStream.makeStream(of: Void.self)

  init(writerCount: Int) { self.writerCount = writerCount }

  var acknowledgements: Acknowledgements { state.withLock { $0.acknowledgements } }

  /// Whether a writer ended before it was asked to.
  var hasLost: Bool { state.withLock { $0.hasLost } }

  func note(_ note: WrittenPack, _ latency: Duration) {
    let haveAllBegun = state.withLock { state in
      state.acknowledgements.latencies.append(latency)
      if state.acknowledgements.notes.count < Acknowledgements.keptNoteCount {
        state.acknowledgements.notes.append(note)
      }
      return state.begun.insert(note.changes[0].lane).inserted && state.begun.count == writerCount
    }
    if haveAllBegun {
      beginnings.continuation.yield()
      beginnings.continuation.finish()
    }
  }

  func reset() { state.withLock { $0.acknowledgements = Acknowledgements() } }

  /// A writer writes no more.
  func ended(asAsked: Bool) {
    let areAllEnded = state.withLock { state in
      state.endedCount += 1
      if !asAsked { state.hasLost = true }
      return state.endedCount == writerCount
    }
    if !asAsked { beginnings.continuation.finish() }
    if areAllEnded { ends.continuation.finish() }
  }

  /// Waits until every writer had a note acknowledged.
  ///
  /// - Returns: `false` when one ended before.
  func allHaveBegun() async -> Bool {
    for await _ in beginnings.stream { return true }
    return false
  }

  func allHaveEnded() async { for await _ in ends.stream {} }
}
