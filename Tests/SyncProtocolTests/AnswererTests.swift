import CRDT
import ChangeLog
import SyncProtocol
import Testing

@Suite struct AnswererTests {
  private let side = Side.answerer

  @Test func `equal frontiers settle with the welcome`() {
    expect(
      .answering(limits: SyncLimits()),
      [
        (.received(.hello(end: 9)), ["authorise desk", "view"]),
        (.viewed(side.view(end: 20), time: 0), ["remember 9", "send welcome"]),
        (.ended, ["finish equal"]),
      ]
    )
  }

  @Test func `a valid cursor streams at once`() {
    expect(
      .answering(limits: SyncLimits()),
      [
        (
          .received(.hello(end: 9, known: side.cursor(18), frontier: .test(2))),
          ["authorise desk", "view"]
        ),
        (
          .viewed(side.view(end: 20, isPeerCursorValid: true), time: 0),
          ["allow large frames", "send welcome, streaming", "get packs 18…20 not from peer"]
        ),
        (.received(.pack(.test(9))), ["append 9"]),
        (.gotPacks(.test(20, upTo: 20)), ["send pack 20"]),
        (.received(.sent(end: Side.dialler.cursor(9))), []),
        (
          .stored(position: 9, AppendReceipt(newChangeCount: 1)),
          ["send acknowledgement 9", "view"]
        ),
        (.received(.acknowledgement(position: 20)), []),
        (.viewed(side.view(end: 21), time: 0), ["get packs 20…21 not from peer"]),
        (.gotPacks(.test(upTo: 21)), ["remember 9", "send done 21"]),
        (.ended, ["finish delivered"]),
      ]
    )
  }

  @Test func `what a dialler brought that asks, though it was told a cursor, is forgotten`() {
    expect(
      .answering(limits: SyncLimits()),
      [
        (.received(.hello(end: 9, frontier: .test(2))), ["authorise desk", "view"]),
        (
          .viewed(side.view(end: 20, known: Side.dialler.cursor(8)), time: 0),
          ["allow large frames", "send welcome", "get frontier to ask"]
        ),
        (.received(.frontierDigests([:])), ["forget the peer", "get frontier to answer 0"]),
      ]
    )
  }

  /// A dialler asks also because what it knew of this log does not hold; and of a log that nothing came
  /// from there is nothing to hold.
  @Test(arguments: [
    (Side.answerer.cursor(18), Side.dialler.cursor(8)), (nil, Side.dialler.cursor(0)), (nil, nil),
  ])
  func `what a dialler brought that asks for another reason is not forgotten`(
    told: Cursor?,
    known: Cursor?
  ) {
    expect(
      .answering(limits: SyncLimits()),
      [
        (
          .received(.hello(end: 9, known: told, frontier: .test(2))), ["authorise desk", "view"]
        ),
        (
          .viewed(side.view(end: 20, known: known), time: 0),
          ["allow large frames", "send welcome", "get frontier to ask"]
        ),
        (.received(.frontierDigests([:])), ["get frontier to answer 0"]),
      ]
    )
  }

  @Test func `first contact goes by frontiers`() {
    expect(
      .answering(limits: SyncLimits()),
      [
        (.received(.hello(end: 9, frontier: .test(2))), ["authorise desk", "view"]),
        (
          .viewed(side.view(end: 20), time: 0),
          ["allow large frames", "send welcome", "get frontier to ask"]
        ),
        (.gotFrontier(.test(1), .asking), ["send digests"]),
        (.received(.frontierDigests([:])), ["get frontier to answer 0"]),
        (.gotFrontier(.test(1), .answering([:])), ["send heads 1"]),
        (.received(.frontierHeads(.empty)), ["get packs 0…20 beyond 0"]),
        (.received(.sent(end: Side.dialler.cursor(9))), []),
        (.gotPacks(.test(20, upTo: 20)), ["send pack 20", "view"]),
        (.viewed(side.view(end: 20), time: 0), ["remember 9", "send done 20"]),
      ]
    )
  }

  @Test func `nothing is claimed of a lane that the peer continues in another way`() {
    expect(
      .answering(limits: SyncLimits()),
      [
        (.received(.hello(end: 9, frontier: .test(2))), ["authorise desk", "view"]),
        (
          .viewed(side.view(end: 20, suspects: [.test(1)]), time: 0),
          ["allow large frames", "send welcome", "get frontier to ask"]
        ),
        (.gotFrontier(.test(1), .asking), ["send digests"]),
        // Also where the peer says that it holds the same.
        (
          .received(.frontierDigests(Frontier.test(1).bucketDigests.mapValues(\.prefix))),
          ["get frontier to answer 1"]
        ),
        (
          .gotFrontier(
            .test(1),
            .answering(Frontier.test(1).bucketDigests.mapValues(\.prefix))
          ),
          ["send heads 0"]
        ),
      ]
    )
  }

  @Test func `a clone is told its genesis before anything else`() {
    expect(
      .answering(limits: SyncLimits()),
      [
        (
          .received(.hello(archive: nil, end: 0, frontier: Frontier())),
          ["authorise desk", "view"]
        ),
        (
          .viewed(side.view(end: 20), time: 0),
          ["allow large frames", "send welcome", "send birth", "get packs 0…20 beyond 0"]
        ),
        (.gotPacks(.test(20, upTo: 20)), ["send pack 20"]),
        (.received(.sent(end: Side.dialler.cursor(0))), ["view"]),
        (.viewed(side.view(end: 20), time: 0), ["remember 0", "send done 20"]),
        (.received(.acknowledgement(position: 20)), []),
        (.ended, ["finish delivered"]),
      ]
    )
  }

  @Test func `an empty archive is born before packs come`() {
    expect(
      .answering(limits: SyncLimits()),
      [
        (.received(.hello(end: 9)), ["authorise desk", "view"]),
        (.viewed(side.emptyView, time: 0), ["allow large frames", "send welcome"]),
        (.received(.birth(genesis: Genesis.test.bytes)), ["adopt desk"]),
        (.received(.pack(.test(9))), ["append 9"]),
      ]
    )
  }

  @Test func `packs before birth are a violation`() {
    expect(
      .answering(limits: SyncLimits()),
      [
        (.received(.hello(end: 9)), ["authorise desk", "view"]),
        (.viewed(side.emptyView, time: 0), ["allow large frames", "send welcome"]),
        (.received(.pack(.test(9))), ["fail protocolViolation"]),
      ]
    )
  }

  @Test func `an archive is born only as the one that was asked for`() {
    expect(
      .answering(limits: SyncLimits()),
      [
        (.received(.hello(end: 9)), ["authorise desk", "view"]),
        (.viewed(side.emptyView, time: 0), ["allow large frames", "send welcome"]),
        (.received(.birth(genesis: Genesis.other.bytes)), ["fail protocolViolation"]),
      ]
    )
  }

  @Test func `a clone of an empty archive is told so and hangs up`() {
    let lines: [Line] = [
      (
        .received(.hello(archive: nil, end: 0, frontier: Frontier())),
        ["authorise desk", "view"]
      ),
      (.viewed(side.emptyView, time: 0), ["send welcome"]),
    ]
    expect(.answering(limits: SyncLimits()), lines + [(.ended, ["finish interrupted"])])
    // What the dialler says before it hangs up.
    expect(
      .answering(limits: SyncLimits()),
      lines + [(.received(.failure(PeerFailure(.unknownArchive, ""))), ["end unknownArchive"])]
    )
  }

  @Test func `another archive of that name is refused`() {
    expect(
      .answering(limits: SyncLimits()),
      [
        (
          .received(.hello(archive: Genesis.other.archive, end: 9)), ["authorise desk", "view"]
        ),
        (.viewed(side.view(end: 20), time: 0), ["fail wrongArchive"]),
      ]
    )
  }

  @Test func `a dialler of other versions only is refused`() {
    expect(
      .answering(limits: SyncLimits()),
      [(.received(.hello(version: 2, end: 9)), ["fail versionMismatch"])]
    )
  }

  @Test func `a second round asks back, a third is a violation`() {
    let round: [Line] = [
      (.received(.frontierHeads(.empty)), ["get packs 0…20 beyond 0"]),
      (.gotPacks(.test(upTo: 20)), []),
      (.received(.sent(end: Side.dialler.cursor(9))), ["view"]),
      (.viewed(side.view(end: 20), time: 0), ["remember 9", "send done 20"]),
    ]
    expect(
      .answering(limits: SyncLimits()),
      [
        (.received(.hello(end: 9, frontier: .test(2))), ["authorise desk", "view"]),
        (
          .viewed(side.view(end: 20), time: 0),
          ["allow large frames", "send welcome", "get frontier to ask"]
        ),
        (.gotFrontier(.test(1), .asking), ["send digests"]),
      ] + round + [
        (
          .received(.frontierDigests([:])), ["get frontier to answer 0", "get frontier to ask"]
        ),
        (.gotFrontier(.test(1), .answering([:])), ["send heads 1"]),
        (.gotFrontier(.test(1), .asking), ["send digests"]),
      ] + round + [(.received(.frontierDigests([:])), ["fail protocolViolation"])]
    )
  }
}
