import CRDT
import ChangeLog
import SyncProtocol
import Testing

@Suite struct LiveTests {
  private static let limits: SyncLimits = {
    var limits = SyncLimits()
    limits.windowPackLimit = 2
    limits.backlogPackLimit = 2
    return limits
  }()

  /// Up to where a dialler stays.
  private static let dialled: [Line] = [
    (.opened(Side.dialler.view(end: 9), time: 0), ["send hello"]),
    (
      .received(.welcome(end: 20, isLive: true)),
      ["allow large frames", "remember 20", "send stay", "stay", "watch silence"]
    ),
    (.received(.stay), []),
  ]

  /// Up to where an answerer stays.
  private static let answered: [Line] = [
    (.received(.hello(end: 9, isLive: true)), ["authorise desk", "view"]),
    (.viewed(Side.answerer.view(end: 20), time: 0), ["remember 9", "send welcome"]),
    (.received(.stay), ["allow large frames", "send stay", "stay"]),
  ]

  private static func grown(_ side: Side, to position: UInt64) -> SessionEvent {
    .grown(LogEnd(store: side.store, position: position))
  }

  @Test func `a dialler that would stay says so and hears whether the answerer would`() throws {
    var session = SyncSession.dialling(isLive: true)
    let effects = session.handle(.opened(Side.dialler.view(end: 9), time: 0))
    guard case .send(.hello(let hello)) = try #require(effects.first) else { return }
    #expect(hello.isLive)
    // An older program does not know the wish: the session ends as ever.
    #expect(
      session.handle(.received(.welcome(end: 20))).map(\.words) == ["remember 20", "finish equal"]
    )
  }

  @Test func `an answerer does not stay with a dialler that did not ask for it`() {
    expect(
      .answering(limits: Self.limits),
      [
        (.received(.hello(end: 9)), ["authorise desk", "view"]),
        (.viewed(Side.answerer.view(end: 20), time: 0), ["remember 9", "send welcome"]),
        (.received(.stay), ["fail protocolViolation"]),
      ]
    )
  }

  @Test func `what a log gets goes out, and what comes is acknowledged`() {
    expect(
      .dialling(isLive: true),
      Self.dialled + [
        (Self.grown(.dialler, to: 9), []),
        (Self.grown(.dialler, to: 12), ["get packs 9…12 not from peer"]),
        // While it is read the log grows again.
        (Self.grown(.dialler, to: 13), []),
        (
          .gotPacks(.test(11, 12, upTo: 12)),
          ["send pack 11", "send pack 12", "get packs 12…13 not from peer"]
        ),
        (.received(.pack(.test(22))), ["append 22"]),
        (.gotPacks(.test(upTo: 13)), []),
        (
          .stored(position: 22, AppendReceipt(newChangeCount: 1)), ["send acknowledgement 22"]
        ),
        (.received(.acknowledgement(position: 12)), []),
        (.leave, ["finish equal"]),
        (.ended, []),
      ]
    )
  }

  @Test func `an answerer stays likewise, and says when it stops`() {
    expect(
      .answering(limits: Self.limits),
      Self.answered + [
        (Self.grown(.answerer, to: 21), ["get packs 20…21 not from peer"]),
        (.gotPacks(.test(21, upTo: 21)), ["send pack 21"]),
        (.received(.pack(.test(10))), ["append 10"]),
        (
          .stored(position: 10, AppendReceipt(newChangeCount: 1)), ["send acknowledgement 10"]
        ),
        (.leave, ["fail shuttingDown"]),
      ]
    )
  }

  @Test func `after an exchange both stay where both would`() {
    expect(
      .dialling(isLive: true),
      [
        (.opened(Side.dialler.view(end: 9), time: 0), ["send hello"]),
        (
          .received(
            .welcome(end: 20, known: Side.dialler.cursor(9), frontier: .test(2), isLive: true)
          ),
          ["allow large frames", "view"]
        ),
        (.viewed(Side.dialler.view(end: 9, isPeerCursorValid: true), time: 0), ["send sent 9"]),
        (
          .received(.done(end: Side.answerer.cursor(20), frontier: Frontier.test(1).digest)),
          ["get frontier to compare"]
        ),
        (
          .gotFrontier(.test(1), .comparing),
          ["remember 20", "send stay", "stay", "watch silence"]
        ),
        (Self.grown(.dialler, to: 10), ["get packs 9…10 not from peer"]),
      ]
    )
    expect(
      .answering(limits: Self.limits),
      [
        (
          .received(
            .hello(end: 9, known: Side.answerer.cursor(20), frontier: .test(2), isLive: true)
          ),
          ["authorise desk", "view"]
        ),
        (
          .viewed(Side.answerer.view(end: 20, isPeerCursorValid: true), time: 0),
          ["allow large frames", "send welcome, streaming"]
        ),
        (.received(.sent(end: Side.dialler.cursor(9))), ["view"]),
        (.viewed(Side.answerer.view(end: 22), time: 0), ["get packs 20…22 not from peer"]),
        (.gotPacks(.test(22, upTo: 22)), ["send pack 22", "remember 9", "send done 22"]),
        (.received(.stay), ["send stay", "stay"]),
        (Self.grown(.answerer, to: 23), ["get packs 22…23 not from peer"]),
      ]
    )
  }

  @Test func `a peer that reads slowly is sent no more than the window`() {
    expect(
      .answering(limits: Self.limits),
      Self.answered + [
        (Self.grown(.answerer, to: 25), ["get packs 20…25 not from peer"]),
        (.gotPacks(.test(21, 22, upTo: 22)), ["send pack 21", "send pack 22"]),
        (Self.grown(.answerer, to: 90), []),
        (.received(.acknowledgement(position: 21)), ["get packs 22…90 not from peer"]),
      ]
    )
  }

  @Test func `a peer that sends more than the window is refused`() {
    expect(
      .answering(limits: Self.limits),
      Self.answered + [
        (.received(.pack(.test(10))), ["append 10"]),
        (.received(.pack(.test(11))), []), (.received(.pack(.test(12))), []),
        (.received(.pack(.test(13))), ["fail protocolViolation"]),
      ]
    )
  }

  @Test func `a dialler asks a silent answerer once and then gives up`() {
    expect(
      .dialling(isLive: true),
      Self.dialled + [
        (.quiet, ["send stay"]),
        // Whatever comes is a sign of life.
        (.received(.acknowledgement(position: 9)), []),
        (.quiet, ["send stay"]), (.received(.stay), []),
        (.quiet, ["send stay"]), (.quiet, ["fail internal"]),
      ]
    )
    expect(
      .answering(limits: Self.limits),
      Self.answered + [(.received(.stay), ["send stay"]), (.quiet, []), (.quiet, [])]
    )
  }

  @Test func `a store that got another id ends the session`() {
    expect(
      .dialling(isLive: true),
      Self.dialled + [(Self.grown(.answerer, to: 9), ["fail internal"])]
    )
  }

  @Test func `a pack that the gate refuses ends the session`() {
    expect(
      .answering(limits: Self.limits),
      Self.answered + [
        (.received(.pack(.test(10))), ["append 10"]),
        (.refused(PeerFailure(.gap, "a gap")), ["fail gap"]),
      ]
    )
  }
}
