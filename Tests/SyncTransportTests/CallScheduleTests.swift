import SyncProtocol
import SyncSimulation
import SyncTransport
import Testing

@Suite struct CallScheduleTests {
  private static let interval = Duration.seconds(60)

  @Test func `a success is followed by about an interval`() {
    let schedule = CallSchedule(interval: Self.interval)
    #expect(schedule.pause(chance: 0) == .seconds(54))
    #expect(schedule.pause(chance: 0.5) == .seconds(60))
    #expect(!schedule.isBackingOff)
  }

  @Test func `each failure doubles the pause, up to a longest`() {
    var schedule = CallSchedule(interval: Self.interval)
    var pauses: [Duration] = []
    for _ in 0..<100 {
      schedule.failed()
      #expect(schedule.isBackingOff)
      pauses.append(schedule.pause(chance: 0))
    }
    #expect(pauses.prefix(4) == [.milliseconds(500), .seconds(1), .seconds(2), .seconds(4)])
    #expect(pauses.last == CallSchedule.longestPause / 2)
    #expect(pauses == pauses.sorted())
    schedule.succeeded()
    #expect(schedule.pause(chance: 0.5) == Self.interval)
  }

  @Test func `a remote is not called before it wants it, up to an hour`() {
    struct Broken: Error {}
    var schedule = CallSchedule(interval: Self.interval)
    func failed(asking retryAfter: UInt64) -> Duration {
      schedule.failed(with: PeerFailure(.shuttingDown, "stops", retryAfter: retryAfter))
      return schedule.pause(chance: 0)
    }
    #expect(failed(asking: 20_000) == .seconds(20))
    #expect(failed(asking: 10) == .seconds(1))
    #expect(failed(asking: .max) == CallSchedule.longestWish)
    // What somebody wished once holds for that call.
    schedule.failed(with: Broken())
    #expect(schedule.pause(chance: 0) == .seconds(4))
    #expect(failed(asking: 700_000) == .seconds(700))
    schedule.succeeded()
    #expect(schedule.pause(chance: 0.5) == Self.interval)
  }

  @Test func `hubs that lost a remote together come back at different times`() {
    var random = SeededRandom(seed: 11)
    var schedule = CallSchedule(interval: Self.interval)
    for _ in 0..<6 { schedule.failed() }
    let pauses = (0..<100).map { _ in
      schedule.pause(chance: Double.random(in: 0..<1, using: &random))
    }
    #expect(pauses.allSatisfy { $0 >= .seconds(16) && $0 < .seconds(32) })
    #expect(Set(pauses).count > 90)
  }
}
