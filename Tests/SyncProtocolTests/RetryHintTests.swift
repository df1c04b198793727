import ChangeLog
import SyncProtocol
import Testing

/// What a failure says of when to try again, for those who wait that long.
@Suite struct RetryHintTests {
  private static let failure = PeerFailure(
    .storage,
    "busy for a while",
    isRetryable: true,
    retryAfter: 4321,
    scope: .archive
  )

  /// The failure as it comes off the line.
  private func told() throws -> SessionEvent {
    let bytes = MessageCodec.encode(.failure(Self.failure))
    return .received(try #require(try MessageCodec.decode(bytes, limits: SyncLimits())))
  }

  // A dialler that is idle has no peer yet.
  @Test(arguments: StateFixture.all.filter { $0.state != "idle" })
  func `what the peer says of it ends the session as it was said`(_ fixture: StateFixture) throws {
    var session = fixture.session()
    let effects = session.handle(try told())
    #expect(Self.end(effects) == Self.failure)
  }

  @Test func `it is not lost while what came before it is stored`() throws {
    var session = SyncSession.dialling()
    for event in [
      SessionEvent.opened(Side.dialler.view(end: 9), time: 0),
      .received(.welcome(end: 20, known: Side.dialler.cursor(9), frontier: .test(2))),
      .viewed(Side.dialler.view(end: 9, isPeerCursorValid: true), time: 0),
      .received(.pack(.test(20))),
    ] { _ = session.handle(event) }
    let effects = session.handle(try told())
    #expect(effects.isEmpty)
    let receipt = AppendReceipt(newChangeCount: 1)
    let last = session.handle(.stored(position: 20, receipt))
    #expect(Self.end(last) == Self.failure)
  }

  @Test func `who stays and is told to stop says when it may be back`() {
    var session = SyncSession.answering(limits: SyncLimits())
    for event in [
      SessionEvent.received(.hello(end: 9, isLive: true)),
      .viewed(Side.answerer.view(end: 20), time: 0), .received(.stay),
    ] { _ = session.handle(event) }
    let effects = session.handle(.leave)
    guard case .fail(let failure)? = effects.first, effects.count == 1 else {
      Issue.record("\(effects.map(\.words))")
      return
    }
    #expect(failure.code == .shuttingDown)
    #expect(failure.isRetryable)
    #expect(failure.retryAfter > 0)
  }

  /// The failure that ends a session, where nothing else happens.
  private static func end(_ effects: [SessionEffect]) -> PeerFailure? {
    guard case .end(let failure)? = effects.first, effects.count == 1 else { return nil }
    return failure
  }
}
