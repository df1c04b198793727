internal import Synchronization

/// A random generator that gives the same numbers for the same seed, everywhere: SplitMix64
/// (Steele, Lea & Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014).
package struct SeededRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  package mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
  }
}

/// A seeded source of bytes that several parts of a simulation draw from.
package final class SharedRandom: Sendable {
  private let random: Mutex<SeededRandom>

  package init(seed: UInt64) { random = Mutex(SeededRandom(seed: seed)) }

  package func bytes(_ count: Int) -> [UInt8] { random.withLock { $0.bytes(count) } }
}

/// A clock that goes only when it is told to.
package final class VirtualClock: Sendable {
  private let time: Mutex<Int64>

  /// - Parameter time: ms since 1970-01-01 UTC.
  package init(time: Int64 = 1_500_000_000_000) { self.time = Mutex(time) }

  package var now: Int64 { time.withLock { $0 } }

  package func advance(by milliseconds: Int64) { time.withLock { $0 += milliseconds } }
}
