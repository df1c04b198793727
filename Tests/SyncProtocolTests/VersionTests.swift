import CRDT
import ChangeLog
import SyncProtocol
import SyncSimulation
import Testing

/// Peers of other versions than this one.
@Suite struct VersionTests {
  struct Offer: CustomTestStringConvertible {
    let versions: [UInt32]
    let effects: [String]
    var testDescription: String { "\(versions)" }
  }

  @Test(arguments: [
    Offer(versions: [1], effects: ["authorise desk", "view"]),
    Offer(versions: [1, 2], effects: ["authorise desk", "view"]),
    Offer(versions: [7, 3, 1], effects: ["authorise desk", "view"]),
    Offer(versions: [2], effects: ["fail versionMismatch"]),
    Offer(versions: [0], effects: ["fail versionMismatch"]),
    Offer(versions: [], effects: ["fail versionMismatch"]),
  ])
  func `an answerer takes version 1 where it is offered`(_ offer: Offer) {
    guard case .hello(var hello) = SyncMessage.hello(end: 9) else {
      Issue.record("a hello")
      return
    }
    hello.versions = offer.versions
    expect(.answering(limits: SyncLimits()), [(.received(.hello(hello)), offer.effects)])
  }

  @Test func `whoever offers versions 1 and 2 is welcomed in version 1`() throws {
    guard case .hello(var hello) = SyncMessage.hello(end: 9) else {
      Issue.record("a hello")
      return
    }
    hello.versions = [1, 2]
    var session = SyncSession.answering(limits: SyncLimits())
    _ = session.handle(.received(.hello(hello)))
    let effects = session.handle(.viewed(Side.answerer.view(end: 20), time: 0))
    let versions = effects.compactMap { effect -> UInt32? in
      if case .send(.welcome(let welcome)) = effect { welcome.version } else { nil }
    }
    #expect(versions == [1])
  }

  @Test(arguments: [UInt32](0...3))
  func `a dialler goes on in version 1 only`(_ version: UInt32) {
    expect(
      .dialling(),
      [
        (.opened(Side.dialler.view(end: 9), time: 1000), ["send hello"]),
        (
          .received(.welcome(version: version, end: 20)),
          version == 1 ? ["remember 20", "finish equal"] : ["fail versionMismatch"]
        ),
      ]
    )
  }

  static let messages: [SyncMessage] = [
    .hello(end: 9, known: Side.answerer.cursor(3)), .welcome(end: 20),
    .birth(genesis: Genesis.test.bytes), .frontierDigests([3: [UInt8](repeating: 1, count: 8)]),
    .frontierHeads(.test(4)), .pack(.test(5)), .acknowledgement(position: 6),
    .sent(end: Side.dialler.cursor(7)),
    .done(end: Side.answerer.cursor(8), frontier: Hash(of: [1])),
    .failure(PeerFailure(.gap, "a gap")),
  ]

  @Test(arguments: 0..<messages.count)
  func `fields that a newer peer adds are passed over`(_ place: Int) throws {
    let plain = MessageCodec.encode(Self.messages[place])
    let decoded = try #require(try MessageCodec.decode(NewerPeer.extended(plain), limits: .init()))
    #expect(MessageCodec.encode(decoded) == plain)
  }

  @Test func `kinds of messages that a newer peer adds are passed over`() throws {
    #expect(try MessageCodec.decode(NewerPeer.unknownMessage, limits: .init()) == nil)
  }
}

/// What a peer of a newer version may put into its messages.
enum NewerPeer {
  /// Field 1000, of 3 bytes.
  private static let unknownField: [UInt8] = [0xC2, 0x3E, 3, 1, 2, 3]

  /// A message of a kind that nobody knows yet.
  static let unknownMessage = unknownField

  /// A message with a field more, both in it and in what it carries.
  ///
  /// A singular message that comes twice is merged from both, so the second holds only what is new.
  static func extended(_ message: [UInt8]) -> [UInt8] {
    guard let tag = message.first else { return unknownField }
    return message + unknownField + [tag, UInt8(unknownField.count)] + unknownField
  }
}
