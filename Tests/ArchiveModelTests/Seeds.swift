import Foundation

/// The seeds of a property test: 500 unless `STET_SEEDS` says how many; `STET_SEED` replays one.
enum Seeds {
  static let all: [UInt64] = {
    let environment = ProcessInfo.processInfo.environment
    if let seed = environment["STET_SEED"].flatMap(UInt64.init) { return [seed] }
    return Array(1...UInt64(environment["STET_SEEDS"].flatMap(Int.init) ?? 500))
  }()
}
