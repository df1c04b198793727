import ChangeLog
import SyncProtocol
import Testing

/// What came from a peer is stored also when the peer has ended the session.
@Suite struct LastAppendsTests {
  /// A dialler that has nothing to send, with two packs of which one is being stored.
  private static let receiving: [Line] = [
    (.opened(Side.dialler.view(end: 9), time: 0), ["send hello"]),
    (
      .received(.welcome(end: 20, known: Side.dialler.cursor(9), frontier: .test(2))),
      ["allow large frames", "view"]
    ),
    (
      .viewed(Side.dialler.view(end: 9, isPeerCursorValid: true), time: 0), ["send sent 9"]
    ),
    (.received(.pack(.test(19))), ["append 19"]),
    (.received(.pack(.test(20))), []),
  ]

  private static func stored(_ position: UInt64) -> SessionEvent {
    .stored(position: position, AppendReceipt(newChangeCount: 1))
  }

  @Test func `a dialler stores all of it before it says that the connection is lost`() {
    expect(
      .dialling(),
      Self.receiving + [
        (.ended, []),
        // Nobody is there to be told.
        (Self.stored(19), ["append 20"]),
        (Self.stored(20), ["fail internal"]),
        (Self.stored(21), []),
      ]
    )
  }

  @Test func `a failure that the peer reports is passed on after what came before it`() {
    let failure = SessionEvent.received(.failure(PeerFailure(.damaged, "a pack is damaged")))
    expect(
      .dialling(),
      Self.receiving + [
        (failure, []), (.ended, []), (Self.stored(19), ["append 20"]),
        (Self.stored(20), ["end damaged"]),
      ]
    )
    expect(
      .dialling(),
      [
        Self.receiving[0], Self.receiving[1], (.received(.pack(.test(19))), []), (failure, []),
        (
          .viewed(Side.dialler.view(end: 9, isPeerCursorValid: true), time: 0),
          ["send sent 9", "append 19"]
        ),
        (Self.stored(19), ["end damaged"]),
      ]
    )
  }

  @Test func `what was asked for the peer is passed over`() {
    expect(
      .dialling(),
      Self.receiving + [
        (.ended, []), (.gotFrontier(.test(1), .comparing), []), (.gotPacks(.test(1, upTo: 1)), []),
        (.viewed(Side.dialler.view(end: 9), time: 0), []), (.quiet, []), (.ended, []),
        (Self.stored(19), ["append 20"]),
      ]
    )
  }

  @Test(arguments: [
    (SessionEvent.refused(PeerFailure(.storage, "disk full")), "fail storage"),
    (.leave, "fail internal"),
  ])
  func `a store that fails and a program that stops end it`(event: SessionEvent, words: String) {
    expect(.dialling(), Self.receiving + [(.ended, []), (event, [words]), (Self.stored(19), [])])
  }

  @Test func `what came while the dialler looked at its store is stored too`() {
    expect(
      .dialling(),
      [
        Self.receiving[0], Self.receiving[1], (.received(.pack(.test(19))), []), (.ended, []),
        (
          .viewed(Side.dialler.view(end: 9, isPeerCursorValid: true), time: 0),
          ["send sent 9", "append 19"]
        ),
        (Self.stored(19), ["fail internal"]),
      ]
    )
  }

  @Test func `an answerer stores all of it, and counts it`() throws {
    var session = SyncSession.answering(limits: SyncLimits())
    for event in [
      SessionEvent.received(.hello(end: 9, frontier: .test(2))),
      .viewed(Side.answerer.view(end: 20), time: 0), .received(.pack(.test(8))),
      .received(.pack(.test(9))), .ended,
    ] { _ = session.handle(event) }
    #expect(session.handle(Self.stored(8)).map(\.words) == ["append 9"])
    let effects = session.handle(Self.stored(9))
    guard case .finish(let outcome)? = effects.first else {
      Issue.record("\(effects.map(\.words))")
      return
    }
    #expect(outcome.verdict == .interrupted)
    #expect(outcome.tally.changesReceived == 2)
  }

  @Test func `a session that stays does so too`() {
    expect(
      .dialling(isLive: true),
      [
        (.opened(Side.dialler.view(end: 9), time: 0), ["send hello"]),
        (
          .received(.welcome(end: 20, isLive: true)),
          ["allow large frames", "remember 20", "send stay", "stay", "watch silence"]
        ),
        (.received(.pack(.test(21))), ["append 21"]), (.received(.pack(.test(22))), []),
        (.ended, []), (Self.stored(21), ["append 22"]), (Self.stored(22), ["fail internal"]),
      ]
    )
  }
}
