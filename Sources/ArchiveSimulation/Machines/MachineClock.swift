internal import SyncSimulation
internal import Synchronization

/// A machine's own clock, which may be wrong.
final class MachineClock: Sendable {
  private let time: VirtualClock
  /// ms ahead of the true time.
  private let offset = Mutex<Int64>(0)

  init(_ time: VirtualClock) { self.time = time }

  var now: Int64 { time.now + offset.withLock { $0 } }

  func jump(to offset: Int64) { self.offset.withLock { $0 = offset } }
}
