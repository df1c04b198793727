import CRDT
import ChangeLog
import SyncProtocol
import SyncSimulation
import SyncTransport
import Synchronization

/// Machines that keep a hub busy with notes, see ``NoteWriter``.
struct BusyWriters {
  private let writers: [NoteWriter]
  private let sessions: Task<Void, any Error>
  private let record: NoteRecord

  /// Certifies writers at a hub, and lets them write; each has had a note acknowledged then.
  ///
  /// - `pause`: how long each rests between two notes.
  /// - `seed`: another for each time in one archive.
  init(_ count: Int, at hub: RunningHub, pause: Duration, seed: UInt64) async throws {
    let genesis = try hub.log.genesis()
    var article = try NotedArticle(in: genesis.archive, seed: seed)
    var lanes = try (0..<count).map { _ in try article.lane() }
    let beginnings = try lanes.indices.map { try lanes[$0].beginning() }
    let sender = try NoteSender(at: hub, seed: seed)
    try await sender.send([article.founding] + beginnings)

    let end = try hub.log.end()
    var random = SeededRandom(seed: ~seed)
    let record = NoteRecord()
    writers = zip(lanes, beginnings).map { lane, beginning in
      var frontier = end.frontier
      for change in beginning.changes { frontier.heads[change.lane] = nil }
      return NoteWriter(
        store: .drawn(from: &random),
        genesis: genesis,
        lane: lane,
        pause: pause,
        hub: (end.cursor, frontier),
        acknowledged: record.note
      )
    }
    self.record = record
    let address = try hub.address()
    sessions = Task { [writers] in
      defer { record.end() }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in writers {
          group.addTask { try await Self.session(of: writer, with: address, genesis.archive) }
        }
        try await group.waitForAll()
      }
    }
    guard await record.waits(forFirstOf: count) else {
      try await sessions.value
      throw BenchFailure("the writers stopped before all had begun")
    }
  }

  /// What is acknowledged from now on for some time.
  func acknowledgements(for time: Duration) async throws -> Acknowledgements {
    record.reset()
    try await Task.sleep(for: time)
    return record.acknowledgements
  }

  /// How many notes were acknowledged so far, since the last measurement began.
  var acknowledgedCount: Int { record.acknowledgements.latencies.count }

  /// Lets every writer end with the note that is on its way.
  ///
  /// - Throws: what any of them met with.
  func stop() async throws {
    for writer in writers { writer.stop() }
    try await sessions.value
  }

  private static func session(
    of writer: NoteWriter,
    with address: SyncAddress,
    _ archive: ArchiveID
  ) async throws {
    var limits = SyncLimits()
    limits.windowPackLimit = 1
    do {
      _ = try await SyncClient(limits: limits, now: { 0 })
        .sync(writer, with: address, archive: archive, peer: nil)
    } catch is NoteWriter.Stopped {}
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
private final class NoteRecord: Sendable {
  private struct State {
    var acknowledgements = Acknowledgements()
    var begun: Set<LaneID> = []
  }

  private let state = Mutex(State())
  private let beginnings = AsyncStream.makeStream(of: Void.self)

  var acknowledgements: Acknowledgements { state.withLock { $0.acknowledgements } }

  @Sendable func note(_ note: WrittenPack, _ latency: Duration) {
    let isFirst = state.withLock { state in
      state.acknowledgements.latencies.append(latency)
      if state.acknowledgements.notes.count < Acknowledgements.keptNoteCount {
        state.acknowledgements.notes.append(note)
      }
      return state.begun.insert(note.changes[0].lane).inserted
    }
    if isFirst { beginnings.continuation.yield() }
  }

  func reset() { state.withLock { $0.acknowledgements = Acknowledgements() } }

  /// Nobody writes any more.
  func end() { beginnings.continuation.finish() }

  /// Waits until so many writers had a note acknowledged.
  ///
  /// - Returns: `false` when they ended before.
  func waits(forFirstOf count: Int) async -> Bool {
    var waiting = count
    for await _ in beginnings.stream {
      waiting -= 1
      if waiting == 0 { return true }
    }
    return waiting == 0
  }
}
