import CRDT
import ChangeLog
import SyncProtocol
import Testing

@Suite struct DiallerTests {
  private let side = Side.dialler

  @Test func `equal frontiers end in one round trip`() throws {
    var session = SyncSession.dialling()
    _ = session.handle(.opened(side.view(end: 9), time: 1000))
    let effects = session.handle(.received(.welcome(end: 20)))
    #expect(effects.map(\.words) == ["remember 20", "finish equal"])
    guard case .finish(let outcome) = try #require(effects.last) else { return }
    #expect(outcome.tally.roundTrips == 1)
    #expect(outcome.clockOffset == 4000)
    #expect(outcome.peerStore == Side.answerer.store)
  }

  @Test func `valid cursors stream what is new both ways`() {
    expect(
      .dialling(),
      [
        (.opened(side.view(end: 9, known: Side.answerer.cursor(18)), time: 0), ["send hello"]),
        (
          .received(
            .welcome(end: 20, known: side.cursor(5), frontier: .test(2), isStreaming: true)
          ),
          ["allow large frames", "view"]
        ),
        (
          .viewed(side.view(end: 9, isPeerCursorValid: true), time: 0),
          ["get packs 5…9 not from peer"]
        ),
        (.received(.pack(.test(19))), ["append 19"]),
        (
          .gotPacks(.test(7, 9, upTo: 9)), ["send pack 7", "send pack 9", "send sent 9"]
        ),
        (.received(.acknowledgement(position: 7)), []),
        (.received(.pack(.test(20))), []),
        (
          .stored(position: 19, AppendReceipt(newChangeCount: 1)),
          ["send acknowledgement 19", "append 20"]
        ),
        (.received(.acknowledgement(position: 9)), []),
        (
          .received(.done(end: Side.answerer.cursor(22), frontier: Frontier.test(3).digest)), []
        ),
        (
          .stored(position: 20, AppendReceipt(newChangeCount: 1)),
          ["send acknowledgement 20", "get frontier to compare"]
        ),
        (.gotFrontier(.test(3), .comparing), ["remember 22", "finish equal"]),
        (.ended, []),
      ]
    )
  }

  /// What is known of the answerer's log, of which 20 are there.
  @Test(arguments: [
    (Side.answerer.cursor(18), false), (Side.answerer.cursor(20), false),
    (Side.answerer.cursor(21), true),
    (
      Cursor(store: Side.answerer.store, position: 20, check: [UInt8](repeating: 9, count: 8)), true
    ),
  ])
  func `what an answerer brought that has less than is known of it is forgotten`(
    known: Cursor,
    isReset: Bool
  ) {
    expect(
      .dialling(),
      [
        (.opened(side.view(end: 9), time: 0), ["send hello"]),
        (
          .received(.welcome(end: 20, known: side.cursor(5), frontier: .test(2))),
          ["allow large frames", "view"]
        ),
        (
          .viewed(side.view(end: 9, known: known, isPeerCursorValid: true), time: 0),
          (isReset ? ["forget the peer"] : []) + ["get packs 5…9 not from peer"]
        ),
      ]
    )
  }

  @Test func `an answerer that was put back is asked what it holds`() {
    expect(
      .dialling(),
      [
        (.opened(side.view(end: 9, known: Side.answerer.cursor(18)), time: 0), ["send hello"]),
        (
          .received(.welcome(end: 20, known: side.cursor(5), frontier: .test(2))),
          ["allow large frames", "view"]
        ),
        (
          .viewed(side.view(end: 9, isPeerCursorValid: true), time: 0),
          ["forget the peer", "get frontier to ask"]
        ),
      ]
    )
  }

  @Test func `nothing is forgotten of an answerer that streams`() {
    expect(
      .dialling(),
      [
        (.opened(side.view(end: 9, known: Side.answerer.cursor(18)), time: 0), ["send hello"]),
        (
          .received(
            .welcome(end: 20, known: side.cursor(5), frontier: .test(2), isStreaming: true)
          ),
          ["allow large frames", "view"]
        ),
        // Another session has brought more meanwhile.
        (
          .viewed(
            side.view(end: 9, known: Side.answerer.cursor(22), isPeerCursorValid: true),
            time: 0
          ),
          ["get packs 5…9 not from peer"]
        ),
      ]
    )
  }

  @Test func `nothing is forgotten of another answerer than the one that was known`() {
    expect(
      .dialling(),
      [
        (.opened(side.view(end: 9, known: side.cursor(3)), time: 0), ["send hello"]),
        (.received(.welcome(end: 20, frontier: .test(2))), ["allow large frames", "view"]),
        (.viewed(side.view(end: 9), time: 0), ["get frontier to ask"]),
      ]
    )
  }

  @Test func `a dialler that was put back asks the answerer to begin anew`() {
    expect(
      .dialling(),
      [
        (.opened(side.view(end: 9, known: Side.answerer.cursor(18)), time: 0), ["send hello"]),
        (
          .received(
            .welcome(end: 20, known: side.cursor(12), frontier: .test(2), isStreaming: true)
          ),
          ["allow large frames", "view"]
        ),
        (.received(.pack(.test(19))), []),
        (.viewed(side.view(end: 9), time: 0), ["forget the peer", "fail internal"]),
      ]
    )
  }

  @Test func `first contact goes by frontiers`() {
    expect(
      .dialling(),
      [
        (.opened(side.view(end: 9), time: 0), ["send hello"]),
        (
          .received(.welcome(end: 20, frontier: .test(2))), ["allow large frames", "view"]
        ),
        (.viewed(side.view(end: 9), time: 0), ["get frontier to ask"]),
        (.received(.frontierDigests([:])), ["get frontier to answer 0"]),
        (.gotFrontier(.test(1), .asking), ["send digests"]),
        (.gotFrontier(.test(1), .answering([:])), ["send heads 1"]),
        (
          .received(.frontierHeads(.test(2))),
          ["get packs 0…9 beyond 1"]
        ),
        (.gotPacks(.test(upTo: 9)), ["send sent 9"]),
      ]
    )
  }

  @Test func `a store that got another id since hello ends the session and asks for another`() {
    expect(
      .dialling(),
      [
        (.opened(side.view(end: 9), time: 0), ["send hello"]),
        (.received(.welcome(end: 20, frontier: .test(2))), ["allow large frames", "view"]),
        (
          .viewed(Side.answerer.view(end: 9), time: 0),
          ["fail internal"]
        ),
      ]
    )
  }

  @Test(arguments: [Frontier(), .test(1)])
  func `a clone takes the birth that it asked for, also when another session was first`(
    frontier: Frontier
  ) {
    let view = side.view(end: 0, frontier: frontier)
    expect(
      .dialling(archive: nil),
      [
        (.opened(view, time: 0), ["send hello"]),
        (.received(.welcome(end: 20)), ["allow large frames", "view"]),
        (.viewed(view, time: 0), ["send sent 0"]),
        (.received(.birth(genesis: Genesis.test.bytes)), ["adopt desk"]),
        (.received(.pack(.test(20))), ["append 20"]),
      ]
    )
  }

  @Test func `a clone is born before its packs come`() {
    expect(
      .dialling(archive: nil),
      [
        (.opened(side.emptyView, time: 0), ["send hello"]),
        (.received(.welcome(end: 20)), ["allow large frames", "view"]),
        (.viewed(side.emptyView, time: 0), ["send sent 0"]),
        (.received(.birth(genesis: Genesis.test.bytes)), ["adopt desk"]),
        (.received(.pack(.test(20))), ["append 20"]),
        (
          .stored(position: 20, AppendReceipt(newChangeCount: 20)), ["send acknowledgement 20"]
        ),
        (
          .received(.done(end: Side.answerer.cursor(20), frontier: Frontier.test(1).digest)),
          ["get frontier to compare"]
        ),
        (.gotFrontier(.test(1), .comparing), ["remember 20", "finish equal"]),
      ]
    )
  }

  @Test func `an empty archive is born from the first push`() {
    expect(
      .dialling(),
      [
        (.opened(side.view(end: 9), time: 0), ["send hello"]),
        (
          .received(.welcome(archive: nil, end: 0, frontier: Frontier())),
          ["allow large frames", "view"]
        ),
        (.viewed(side.view(end: 9), time: 0), ["send birth", "get packs 0…9 beyond 0"]),
        (.gotPacks(.test(9, upTo: 9)), ["send pack 9", "send sent 9"]),
      ]
    )
  }

  @Test func `what is said while validating is kept in its order`() {
    expect(
      .dialling(),
      [
        (.opened(side.view(end: 0), time: 0), ["send hello"]),
        (
          .received(.welcome(end: 20, frontier: .test(2))), ["allow large frames", "view"]
        ),
        (.received(.frontierDigests([1: []])), []),
        (.received(.pack(.test(18))), []),
        (.received(.pack(.test(20))), []),
        (
          .viewed(side.view(end: 0), time: 0),
          ["send sent 0", "get frontier to answer 1", "append 18"]
        ),
        (
          .stored(position: 18, AppendReceipt(newChangeCount: 0)),
          ["send acknowledgement 18", "append 20"]
        ),
      ]
    )
  }

  @Test func `more than the window while validating is a violation`() {
    var limits = SyncLimits()
    limits.backlogPackLimit = 2
    expect(
      .dialling(limits: limits),
      [
        (.opened(side.view(end: 0), time: 0), ["send hello"]),
        (.received(.welcome(end: 20, frontier: .test(2))), ["allow large frames", "view"]),
        (.received(.pack(.test(1))), []), (.received(.pack(.test(2))), []),
        (.received(.pack(.test(3))), ["fail protocolViolation"]),
        (.viewed(side.view(end: 0), time: 0), []),
      ]
    )
  }

  // MARK: - Ends that differ

  /// Up to the answerer's `done` with a digest that is not this side's.
  private static let untilDifferent: [Line] = [
    (.opened(Side.dialler.view(end: 9), time: 0), ["send hello"]),
    (
      .received(.welcome(end: 20, known: Side.dialler.cursor(9), frontier: .test(2))),
      ["allow large frames", "view"]
    ),
    (.viewed(Side.dialler.view(end: 9, isPeerCursorValid: true), time: 0), ["send sent 9"]),
    (
      .received(.done(end: Side.answerer.cursor(20), frontier: Frontier.test(2).digest)),
      ["get frontier to compare"]
    ),
    (.gotFrontier(.test(1), .comparing), ["view"]),
    (.viewed(Side.dialler.view(end: 9), time: 0), ["get frontier to ask"]),
    (.gotFrontier(.test(1), .asking), ["send digests"]),
    (
      .received(.frontierHeads(.test(2))),
      ["get packs 0…9 beyond 1"]
    ),
    (.received(.frontierDigests([:])), ["get frontier to answer 0"]),
    (.gotFrontier(.test(1), .answering([:])), ["send heads 1"]),
    (.gotPacks(.test(9, upTo: 9)), ["send pack 9", "send sent 9"]),
    (.received(.pack(.test(20))), ["append 20"]),
    (.stored(position: 20, AppendReceipt(newChangeCount: 1)), ["send acknowledgement 20"]),
    (
      .received(.done(end: Side.answerer.cursor(21), frontier: Frontier.test(2).digest)),
      ["get frontier to compare"]
    ),
  ]

  @Test func `another digest leads to a second round that may find both equal`() {
    expect(
      .dialling(),
      Self.untilDifferent + [
        (.gotFrontier(.test(2), .comparing), ["remember 21", "finish equal"])
      ]
    )
  }

  @Test func `another digest after the second round is reported`() {
    expect(
      .dialling(),
      Self.untilDifferent + [(.gotFrontier(.test(1), .comparing), ["finish different"])]
    )
  }

  @Test func `what is written here meanwhile does not count`() {
    let own = StoreView.OwnLane(lane: .test(1), head: .test(4))
    expect(
      .dialling(),
      [
        (.opened(side.view(end: 9, ownLane: own), time: 0), ["send hello"]),
        (
          .received(.welcome(end: 20, known: side.cursor(9), frontier: .test(2))),
          ["allow large frames", "view"]
        ),
        (
          .viewed(side.view(end: 9, isPeerCursorValid: true, ownLane: own), time: 0),
          ["send sent 9"]
        ),
        (
          .received(.done(end: Side.answerer.cursor(20), frontier: Frontier.test(4).digest)),
          ["get frontier to compare"]
        ),
        (.gotFrontier(.test(5), .comparing), ["remember 20", "finish equal"]),
      ]
    )
  }

  // MARK: - Greetings that end it

  @Test func `another archive of that name ends the session`() {
    expect(
      .dialling(),
      [
        (.opened(side.view(end: 9), time: 0), ["send hello"]),
        (.received(.welcome(archive: Genesis.other.archive, end: 1)), ["fail wrongArchive"]),
      ]
    )
  }

  @Test func `a version that was not offered ends the session`() {
    expect(
      .dialling(),
      [
        (.opened(side.view(end: 9), time: 0), ["send hello"]),
        (.received(.welcome(version: 2, end: 1)), ["fail versionMismatch"]),
      ]
    )
  }

  @Test func `there is nothing to clone from an empty archive`() {
    expect(
      .dialling(archive: nil),
      [
        (.opened(side.emptyView, time: 0), ["send hello"]),
        (
          .received(.welcome(archive: nil, end: 0, frontier: Frontier())), ["fail unknownArchive"]
        ),
      ]
    )
  }

  @Test func `a done from another store is a violation`() {
    expect(
      .dialling(),
      Self.untilDifferent.prefix(3) + [
        (
          .received(.done(end: side.cursor(20), frontier: Frontier.test(2).digest)),
          ["fail protocolViolation"]
        )
      ]
    )
  }

  @Test(arguments: [Genesis.other.bytes, [], [1, 2, 3]])
  func `a clone is not born as something else`(genesis: [UInt8]) {
    expect(
      .dialling(archive: nil),
      [
        (.opened(side.emptyView, time: 0), ["send hello"]),
        (.received(.welcome(end: 20)), ["allow large frames", "view"]),
        (.viewed(side.emptyView, time: 0), ["send sent 0"]),
        (.received(.birth(genesis: genesis)), ["fail protocolViolation"]),
      ]
    )
  }
}
