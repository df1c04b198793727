import CRDT
import ChangeLog
import SyncProtocol
import Testing

/// Every state of a session, and what the peer may say or do in it.
struct StateFixture: CustomTestStringConvertible, Sendable {
  var state: String
  var isDialler: Bool
  /// The events that lead there.
  var events: [SessionEvent]
  /// Messages that are right in it, by the first word of their description.
  var expected: Set<String>
  /// What the session makes of the peer's hanging up.
  var atEnd: [String]

  var testDescription: String { state }

  func session() -> SyncSession {
    var session =
      isDialler ? SyncSession.dialling(isLive: true) : SyncSession.answering(limits: SyncLimits())
    for event in events { _ = session.handle(event) }
    return session
  }

  private static let dialled: [SessionEvent] = [
    .opened(Side.dialler.view(end: 9), time: 0)
  ]
  private static let welcomed =
    dialled + [.received(.welcome(end: 20, known: Side.dialler.cursor(9), frontier: .test(2)))]
  private static let asking = [
    SessionEvent.received(.hello(end: 9, frontier: .test(2))),
    .viewed(Side.answerer.view(end: 20), time: 0),
  ]
  private static let streaming = [
    SessionEvent.received(.hello(end: 9, known: Side.answerer.cursor(20), frontier: .test(2))),
    .viewed(Side.answerer.view(end: 20, isPeerCursorValid: true), time: 0),
  ]

  static let all = [
    StateFixture(
      state: "idle",
      isDialler: true,
      events: [],
      expected: [],
      atEnd: ["fail internal"]
    ),
    StateFixture(
      state: "greeting",
      isDialler: true,
      events: dialled,
      expected: ["welcome"],
      atEnd: ["fail internal"]
    ),
    StateFixture(
      state: "dialler has sent everything",
      isDialler: true,
      events: welcomed + [.viewed(Side.dialler.view(end: 9, isPeerCursorValid: true), time: 0)],
      expected: ["digests", "pack", "acknowledgement", "done"],
      atEnd: ["fail internal"]
    ),
    StateFixture(
      state: "dialler asks for frontiers",
      isDialler: true,
      events: welcomed + [.viewed(Side.dialler.view(end: 9), time: 0)],
      expected: ["digests", "heads", "pack", "acknowledgement"],
      atEnd: ["fail internal"]
    ),
    StateFixture(
      state: "dialler compares",
      isDialler: true,
      events: welcomed + [
        .viewed(Side.dialler.view(end: 9, isPeerCursorValid: true), time: 0),
        .received(.done(end: Side.answerer.cursor(20), frontier: Frontier.test(2).digest)),
      ],
      expected: ["digests", "acknowledgement"],
      atEnd: ["fail internal"]
    ),
    StateFixture(
      state: "awaiting hello",
      isDialler: false,
      events: [],
      expected: ["hello"],
      atEnd: ["finish interrupted"]
    ),
    StateFixture(
      state: "authorising",
      isDialler: false,
      events: Array(asking.prefix(1)),
      expected: [],
      atEnd: ["finish interrupted"]
    ),
    StateFixture(
      state: "answerer asks for frontiers",
      isDialler: false,
      events: asking,
      expected: ["digests", "heads", "pack", "acknowledgement", "sent"],
      atEnd: ["finish interrupted"]
    ),
    StateFixture(
      state: "answerer has sent everything",
      isDialler: false,
      events: streaming,
      expected: ["digests", "pack", "acknowledgement", "sent"],
      atEnd: ["finish interrupted"]
    ),
    StateFixture(
      state: "answerer said done",
      isDialler: false,
      events: streaming + [
        .received(.sent(end: Side.dialler.cursor(9))),
        .viewed(Side.answerer.view(end: 20), time: 0),
      ],
      expected: ["digests", "acknowledgement"],
      atEnd: ["finish delivered"]
    ),
    StateFixture(
      state: "settled",
      isDialler: false,
      events: [.received(.hello(end: 9)), .viewed(Side.answerer.view(end: 20), time: 0)],
      expected: [],
      atEnd: ["finish equal"]
    ),
    StateFixture(
      state: "settled with a dialler who would stay",
      isDialler: false,
      events: settledLive,
      expected: ["stay"],
      atEnd: ["finish equal"]
    ),
    StateFixture(
      state: "answerer said done to a dialler who would stay",
      isDialler: false,
      events: [
        .received(
          .hello(end: 9, known: Side.answerer.cursor(20), frontier: .test(2), isLive: true)
        ),
        .viewed(Side.answerer.view(end: 20, isPeerCursorValid: true), time: 0),
        .received(.sent(end: Side.dialler.cursor(9))),
        .viewed(Side.answerer.view(end: 20), time: 0),
      ],
      expected: ["digests", "acknowledgement", "stay"],
      atEnd: ["finish delivered"]
    ),
    StateFixture(
      state: "answerer stays",
      isDialler: false,
      events: settledLive + [.received(.stay)],
      expected: ["pack", "acknowledgement", "stay"],
      atEnd: ["finish delivered"]
    ),
    StateFixture(
      state: "dialler stays",
      isDialler: true,
      events: dialled + [.received(.welcome(end: 20, isLive: true))],
      expected: ["pack", "acknowledgement", "stay"],
      atEnd: ["fail internal"]
    ),
  ]

  private static let settledLive = [
    SessionEvent.received(.hello(end: 9, isLive: true)),
    .viewed(Side.answerer.view(end: 20), time: 0),
  ]
}

@Suite struct UnexpectedEventTests {
  /// One message of every kind, but failure.
  private static let messages: [SyncMessage] = [
    .hello(end: 9), .welcome(end: 20), .birth(genesis: Genesis.test.bytes), .frontierDigests([:]),
    .frontierHeads(.empty), .pack(.test(20)), .acknowledgement(position: 1),
    .sent(end: Side.dialler.cursor(9)),
    .done(end: Side.answerer.cursor(20), frontier: Frontier.test(2).digest), .stay,
  ]

  @Test(arguments: StateFixture.all)
  func `a message out of turn is a violation`(_ fixture: StateFixture) {
    for message in Self.messages {
      let isExpected = message.words.split(separator: " ").first.map {
        fixture.expected.contains(String($0))
      }
      var session = fixture.session()
      let effects = session.handle(.received(message)).map(\.words)
      #expect((effects == ["fail protocolViolation"]) == (isExpected == false), "\(message.words)")
      guard isExpected == false else { continue }
      // Nothing comes after the failure, whatever is still under way.
      for event in [SessionEvent.ended, .received(message), .gotPacks(.test(1, upTo: 1))] {
        let effects = session.handle(event).map(\.words)
        #expect(effects.isEmpty)
      }
    }
  }

  @Test(arguments: StateFixture.all)
  func `a peer that hangs up ends the session`(_ fixture: StateFixture) {
    expect(fixture.session(), [(.ended, fixture.atEnd), (.ended, [])])
  }

  @Test(arguments: StateFixture.all)
  func `a failure that the peer reports ends the session`(_ fixture: StateFixture) {
    let failure = PeerFailure(.shuttingDown, "going down", isRetryable: true, retryAfter: 10)
    // A dialler that is idle has no peer yet.
    let words = fixture.state == "idle" ? "fail protocolViolation" : "end shuttingDown"
    expect(fixture.session(), [(.received(.failure(failure)), [words]), (.ended, [])])
  }

  @Test(arguments: StateFixture.all)
  func `a store that fails ends the session`(_ fixture: StateFixture) {
    let failure = PeerFailure(.storage, "disk full")
    expect(
      fixture.session(),
      [(.refused(failure), ["fail storage"]), (.refused(failure), [])]
    )
  }

  @Test func `a peer that hangs up while validating ends the session`() {
    let lines: [Line] = [
      (.opened(Side.dialler.view(end: 9), time: 0), ["send hello"]),
      (.received(.welcome(end: 20, frontier: .test(2))), ["allow large frames", "view"]),
    ]
    expect(.dialling(), lines + [(.ended, ["fail internal"]), (.ended, [])])
    expect(
      .dialling(),
      lines + [(.received(.failure(PeerFailure(.shuttingDown, ""))), ["end shuttingDown"])]
    )
  }

  @Test func `what should not have been said while validating is found afterwards`() {
    for message in [
      SyncMessage.hello(end: 1), .welcome(end: 1), .sent(end: Side.answerer.cursor(1)),
    ] {
      expect(
        .dialling(),
        [
          (.opened(Side.dialler.view(end: 9), time: 0), ["send hello"]),
          (.received(.welcome(end: 20, frontier: .test(2))), ["allow large frames", "view"]),
          (.received(message), []),
          (
            .viewed(Side.dialler.view(end: 9), time: 0),
            ["get frontier to ask", "fail protocolViolation"]
          ),
        ]
      )
    }
  }
}
