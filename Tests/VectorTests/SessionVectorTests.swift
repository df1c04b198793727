import ChangeLog
import Foundation
import HubStorage
import HubStorageConformance
import SyncProtocol
import SyncSimulation
import Testing

struct SessionVectors: Codable {
  var description: String
  var sessions: [RecordedSession]
}

@Suite struct SessionVectorTests {
  /// Whose part today's program plays.
  @Test(arguments: [SessionPair.Speaker.dialler, .answerer])
  func `today's program understands the sessions of version 1`(
    _ side: SessionPair.Speaker
  ) throws {
    let vectors = try VectorFile.load("sessions", as: SessionVectors.self)
    #expect(vectors.sessions.count >= 8)
    for recorded in vectors.sessions {
      let replay = try SessionReplay(of: side, in: recorded)
      for number in 0...recorded.messages.count {
        for news in recorded.news ?? [] where news.after == number && news.to == side {
          try replay.take(news.brought)
        }
        guard number < recorded.messages.count else { break }
        let message = recorded.messages[number]
        if message.from != side { try replay.hear(message.message.bytes) }
      }
      if recorded.isLive, side == .dialler { replay.leave() }
      replay.hangUp()
      let theirs = recorded.messages.filter { $0.from == side }.map(\.message.bytes)
      #expect(
        try MessageEssence.of(replay.said) == MessageEssence.of(theirs),
        "\(recorded.description)"
      )
      let (end, frontier) =
        side == .dialler
        ? (recorded.diallerEnd, recorded.diallerFrontier)
        : (recorded.answererEnd, recorded.answererFrontier)
      #expect(replay.end == end, "\(recorded.description)")
      #expect(
        try replay.store.frontier().digest.bytes == frontier.bytes,
        "\(recorded.description)"
      )
    }
  }

  @Test func `equal stores need one round trip of at most 250 bytes each way`() throws {
    let vectors = try VectorFile.load("sessions", as: SessionVectors.self)
    let equal = try #require(vectors.sessions.first { $0.answererEnd == "equal" })
    #expect(equal.messages.map(\.from) == [.dialler, .answerer])
    for message in equal.messages { #expect(message.message.bytes.count <= 250) }
  }

  @Test func `in a session that stays news goes both ways`() throws {
    let vectors = try VectorFile.load("sessions", as: SessionVectors.self)
    let live = try #require(vectors.sessions.first { $0.isLive })
    #expect(Set(live.news?.map(\.to) ?? []) == [.dialler, .answerer])
    #expect(live.diallerFrontier == live.answererFrontier)
    let before = try live.dialler.opened().frontier().digest.bytes
    #expect(live.diallerFrontier.bytes != before)
  }

  /// Those that were recorded stay as they are.
  @Test(.enabled(if: VectorFile.isRecording, "only Scripts/record makes vectors anew"))
  func `recording of sessions`() throws {
    var recorder = try SessionRecorder()
    let kept = try VectorFile.load("sessions", as: SessionVectors.self).sessions
    let new = try recorder.sessions().filter { session in
      !kept.contains { $0.description == session.description }
    }
    try VectorFile.save(
      "sessions",
      SessionVectors(
        description: "Sessions of version 1, message by message, without preface and frames: what "
          + "both stores held before, what each side said, what came to their logs meanwhile, and how "
          + "both ended.",
        sessions: kept + new
      )
    )
  }
}

/// Plays the sessions that are recorded.
struct SessionRecorder {
  private var writer: WriterFixture
  private let packs: [PackFixture]
  private let genesis: Genesis
  private static let time: Int64 = 1_600_000_000_000

  init() throws {
    writer = try WriterFixture(seed: 21)
    genesis = writer.genesis
    packs = try writer.history(laneCount: 3, packCount: 7)
  }

  mutating func sessions() throws -> [RecordedSession] {
    [
      try record(
        "first push: the answerer's archive is empty",
        of: store(1, 0..<4),
        with: empty(2)
      ),
      try record("clone: the dialler knows the name alone", of: empty(1), with: store(2, 0..<5)),
      try streaming(),
      try record(
        "first contact: both ask for frontiers",
        of: store(1, 0..<5),
        with: store(2, 0..<3)
      ),
      try record("equal: one round trip", of: store(1, 0..<5), with: store(2, 0..<5)),
      try reset(),
      try gap(),
      try live(),
    ]
  }

  /// A store that one machine brought some of the packs to.
  private mutating func store(_ number: UInt8, _ range: Range<Int>) -> RecordedStore {
    var store = RecordedStore(store: Self.id(number), genesis: genesis)
    var author = writer.peer()
    for pack in packs[range] { store.append(author.deliver(pack), from: author.store) }
    return store
  }

  private func empty(_ number: UInt8) -> RecordedStore { RecordedStore(store: Self.id(number)) }

  private static func id(_ number: UInt8) -> [UInt8] {
    [UInt8](repeating: number, count: StoreID.byteCount)
  }

  private static func end(of store: RecordedStore) throws -> RecordedStore.Place {
    RecordedStore.Place(try store.opened().view(of: nil, knowing: nil, writing: nil).end)
  }

  /// Both know each other's logs and have written since.
  private mutating func streaming() throws -> RecordedSession {
    var dialler = store(1, 0..<4)
    var answerer = store(2, 0..<4)
    answerer.known = [try Self.end(of: dialler)]
    dialler.known = [try Self.end(of: answerer)]
    var (ours, theirs) = (writer.peer(), writer.peer())
    dialler.append(ours.deliver(packs[4]), from: ours.store)
    var lane = try writer.lane()
    answerer.append(theirs.deliver(try lane.pack()), from: theirs.store)
    return try record("streaming: both know each other's logs", of: dialler, with: answerer)
  }

  /// The answerer's log is another one than the dialler knows.
  private mutating func reset() throws -> RecordedSession {
    var dialler = store(1, 0..<5)
    var answerer = store(2, 0..<3)
    answerer.known = [try Self.end(of: dialler)]
    dialler.known = [try Self.end(of: store(2, 0..<4))]
    return try record("reset: the answerer was put back", of: dialler, with: answerer)
  }

  /// The answerer says that it knows more of the dialler's log than it has.
  private mutating func gap() throws -> RecordedSession {
    let dialler = store(1, 0..<7)
    var answerer = store(2, 0..<1)
    answerer.known = [try Self.end(of: store(1, 0..<5))]
    return try record("gap: a change that comes before is missing", of: dialler, with: answerer)
  }

  /// Both are equal and stay; then something comes to each, twice.
  private mutating func live() throws -> RecordedSession {
    var lane = try writer.lane()
    var news: [(to: SessionPair.Speaker, brought: RecordedStore.Brought)] = []
    for speaker in [SessionPair.Speaker.dialler, .answerer, .answerer, .dialler] {
      var author = writer.peer()
      let delivery = author.deliver(try lane.pack())
      news.append((speaker, RecordedStore.Brought(delivery, from: author.store)))
    }
    return try record(
      "live: both stay, and send what comes to them",
      of: store(1, 0..<4),
      with: store(2, 0..<4),
      news: news
    )
  }

  /// - `news`: what comes to the sides of a session that stays; `nil`: it does not.
  private func record(
    _ description: String,
    of dialler: RecordedStore,
    with answerer: RecordedStore,
    news: [(to: SessionPair.Speaker, brought: RecordedStore.Brought)]? = nil
  ) throws -> RecordedSession {
    let stores = (dialler: try dialler.opened(), answerer: try answerer.opened())
    var messages: [RecordedSession.Message] = []
    var placed: [RecordedSession.News] = []
    let request: RequestedArchive =
      dialler.genesis == nil ? .name("desk") : .id(genesis.archive, name: "desk")
    let pair = SessionPair(
      dialler: stores.dialler,
      answerer: stores.answerer,
      clock: VirtualClock(time: Self.time)
    ) { sender, message in
      messages.append(RecordedSession.Message(from: sender, message: Hex(message)))
      return [message]
    }
    let result: SessionPair.Result
    if let news {
      var steps = news.map { news in
        SessionPair.LiveStep(news.to) {
          placed.append(
            RecordedSession.News(after: messages.count, to: news.to, brought: news.brought)
          )
          let store = news.to == .dialler ? stores.dialler : stores.answerer
          try news.brought.append(to: store)
          return .grown(try store.logEnd())
        }
      }
      steps.append(SessionPair.LiveStep(.dialler) { .leave })
      result = pair.runLive(archive: request, steps: steps)
    } else {
      result = pair.run(archive: request)
    }
    let failure = result.failures.first.map { "\($0.code)" } ?? ""
    return RecordedSession(
      description: description,
      time: Self.time,
      name: "desk",
      archive: dialler.genesis == nil ? nil : Hex(genesis.archive.bytes),
      dialler: dialler,
      answerer: answerer,
      messages: messages,
      news: news.map { _ in placed },
      diallerEnd: result.dialler.map { "\($0.verdict)" } ?? failure,
      answererEnd: result.answerer.map { "\($0.verdict)" } ?? failure,
      diallerFrontier: Hex(try stores.dialler.frontier().digest.bytes),
      answererFrontier: Hex(try stores.answerer.frontier().digest.bytes)
    )
  }
}
