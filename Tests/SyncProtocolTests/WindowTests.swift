import CRDT
import ChangeLog
import SyncProtocol
import Testing

/// What is under way never passes the window.
@Suite struct WindowTests {
  /// A sender's log of packs of one change each, and what is on its way.
  private struct Log {
    let byteCount: Int
    var events: [SessionEvent] = []
    private(set) var inFlight: [UInt64] = []
    private(set) var sent: [UInt64] = []
    private(set) var mostInFlight = 0
    private(set) var isReading = false

    init(packByteCount: Int) { byteCount = packByteCount }

    mutating func perform(_ effects: [SessionEffect]) {
      for effect in effects {
        switch effect {
        case .getPacks(let request):
          #expect(!isReading)
          // A request for nothing would go on for ever.
          guard request.packLimit > 0, request.byteLimit > 0 else {
            Issue.record("a read without room in the window")
            continue
          }
          isReading = true
          let count = min(
            UInt64(request.packLimit),
            UInt64(max(1, request.byteLimit / byteCount)),
            request.upTo - request.after
          )
          let positions = request.after + 1..<request.after + 1 + count
          events.append(
            .gotPacks(
              PackBatch(
                packs: positions.map { .test($0, byteCount: byteCount) },
                position: request.after + count,
                changeCount: Int(count)
              )
            )
          )
        case .send(.pack(let delivery)):
          isReading = false
          inFlight.append(delivery.position)
          sent.append(delivery.position)
          mostInFlight = max(mostInFlight, inFlight.count)
        default: break
        }
      }
    }

    /// The peer stores the oldest pack.
    mutating func acknowledgeOne() {
      guard !inFlight.isEmpty else { return }
      events.append(.received(.acknowledgement(position: inFlight.removeFirst())))
    }
  }

  private static func limits(packs: Int, bytes: Int) -> SyncLimits {
    var limits = SyncLimits()
    limits.windowPackLimit = packs
    limits.windowByteLimit = bytes
    return limits
  }

  @Test(arguments: [
    (packs: 3, bytes: 1 << 20, most: 3), (packs: 1, bytes: 1 << 20, most: 1),
    (packs: 64, bytes: 500, most: 5), (packs: 64, bytes: 450, most: 5),
    (packs: 64, bytes: 1, most: 1),
  ])
  func `a sender waits for acknowledgements`(packs: Int, bytes: Int, most: Int) {
    var session = SyncSession.dialling(limits: Self.limits(packs: packs, bytes: bytes))
    var log = Log(packByteCount: 100)
    let side = Side.dialler
    _ = session.handle(.opened(side.view(end: 40), time: 0))
    _ = session.handle(.received(.welcome(end: 1, known: side.cursor(10), frontier: .test(2))))
    log.perform(session.handle(.viewed(side.view(end: 40, isPeerCursorValid: true), time: 0)))
    repeat {
      while !log.events.isEmpty { log.perform(session.handle(log.events.removeFirst())) }
      log.acknowledgeOne()
    } while !log.events.isEmpty
    #expect(log.sent == Array(11...40))
    #expect(log.mostInFlight == most)
  }

  @Test func `one read asks for no more bytes than a read may have`() {
    var limits = Self.limits(packs: 64, bytes: 1 << 20)
    limits.readByteLimit = 300
    var session = SyncSession.dialling(limits: limits)
    let side = Side.dialler
    _ = session.handle(.opened(side.view(end: 40), time: 0))
    _ = session.handle(.received(.welcome(end: 1, known: side.cursor(10), frontier: .test(2))))
    let effects = session.handle(
      .viewed(side.view(end: 40, isPeerCursorValid: true), time: 0)
    )
    let limitsAsked = effects.compactMap { effect -> Int? in
      if case .getPacks(let request) = effect { request.byteLimit } else { nil }
    }
    #expect(limitsAsked == [300])
  }

  @Test func `packs not acknowledged yet count when the answerer sends what came meanwhile`() {
    var session = SyncSession.answering(limits: Self.limits(packs: 2, bytes: 1 << 20))
    var log = Log(packByteCount: 100)
    let side = Side.answerer
    let hello = SyncMessage.hello(end: 9, known: side.cursor(18), frontier: .test(2))
    _ = session.handle(.received(hello))
    log.perform(session.handle(.viewed(side.view(end: 20, isPeerCursorValid: true), time: 0)))
    while !log.events.isEmpty { log.perform(session.handle(log.events.removeFirst())) }
    #expect(log.inFlight == [19, 20])
    _ = session.handle(.received(.sent(end: Side.dialler.cursor(9))))
    log.perform(session.handle(.viewed(side.view(end: 30), time: 0)))
    repeat {
      while !log.events.isEmpty { log.perform(session.handle(log.events.removeFirst())) }
      log.acknowledgeOne()
    } while !log.events.isEmpty
    #expect(log.sent == Array(19...30))
    #expect(log.mostInFlight == 2)
  }

  @Test func `one append takes no more bytes than it may, before compression too`() {
    /// A pack that says that it opens to 4 MiB.
    func small(_ position: UInt64) -> PackDelivery {
      // Its fourth field, a section, has a raw size of 2²² and no data.
      let pack: [UInt8] = [0x22, 0x07, 0x10, 0x80, 0x80, 0x80, 0x02, 0x22, 0x00]
      return PackDelivery(pack: pack, position: position, check: [UInt8](repeating: 0, count: 8))
    }
    #expect(small(1).plainByteCount == 9 + (4 << 20))
    let side = Side.answerer
    expect(
      .answering(limits: SyncLimits()),
      [
        (.received(.hello(end: 9, frontier: .test(2))), ["authorise desk", "view"]),
        (
          .viewed(side.view(end: 0, frontier: Frontier()), time: 0),
          ["allow large frames", "send welcome"]
        ), (.received(.pack(small(1))), ["append 1"]),
      ] + (2...6).map { (.received(.pack(small($0))), []) } + [
        (
          .stored(position: 1, AppendReceipt(newChangeCount: 1)),
          ["send acknowledgement 1", "append 2 3 4"]
        )
      ]
    )
  }

  @Test func `a peer that floods breaks the protocol`() {
    var limits = SyncLimits()
    limits.backlogPackLimit = 2
    let side = Side.answerer
    expect(
      .answering(limits: limits),
      [
        (.received(.hello(end: 9, frontier: .test(2))), ["authorise desk", "view"]),
        (
          .viewed(side.view(end: 0, frontier: Frontier()), time: 0),
          ["allow large frames", "send welcome"]
        ),
        (.received(.pack(.test(1))), ["append 1"]), (.received(.pack(.test(2))), []),
        (.received(.pack(.test(3))), []),
        (.received(.pack(.test(4))), ["fail protocolViolation"]),
      ]
    )
  }
}
