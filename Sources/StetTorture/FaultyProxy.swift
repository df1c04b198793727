import Foundation
import SyncSimulation
import Synchronization

/// A TCP proxy before a hub that cuts, delays and corrupts.
final class FaultyProxy: Sendable {
  /// Where it listens.
  let port: Int
  private let listener: Int32
  private let isStormy = Mutex(false)

  /// - `port`: of the hub.
  init(before hub: Int, seed: UInt64, tally: Tally) throws {
    (listener, port) = try LoopbackSocket.listen()
    Thread.detachNewThread { [self] in
      var random = SeededRandom(seed: seed)
      while let caller = LoopbackSocket.accept(listener) {
        let outward = ConnectionFate.drawn(using: &random)
        let inward = ConnectionFate.drawn(using: &random)
        guard let answerer = LoopbackSocket.connect(port: hub) else {
          close(caller)
          continue
        }
        tally.count(\.connections)
        let isStormy = isStormy.withLock { $0 }
        ProxiedConnection(caller: caller, hub: answerer, tally: tally).start(
          outward: isStormy ? outward : .none,
          inward: isStormy ? inward : .none
        )
      }
    }
  }

  /// From now on connections have the fates that were drawn for them.
  func beginStorm() { isStormy.withLock { $0 = true } }

  /// From now on connections pass bytes as they are.
  func endStorm() { isStormy.withLock { $0 = false } }
}
