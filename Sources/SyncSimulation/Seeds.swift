internal import Foundation

/// The seeds that a property test goes through.
///
/// `STET_SEED` replays one; `STET_SEEDS` says how many, which the long run does.
package enum Seeds {
  package static func first(_ count: Int) -> [UInt64] {
    let environment = ProcessInfo.processInfo.environment
    if let seed = environment["STET_SEED"].flatMap(UInt64.init) { return [seed] }
    return Array(1...UInt64(max(1, environment["STET_SEEDS"].flatMap(Int.init) ?? count)))
  }

  /// Plays seeds on two cores.
  ///
  /// - `play`: the complaint about a seed; `nil` when all is well.
  /// Returns: the first few complaints, each with how to replay it.
  package static func complaints(
    _ seeds: [UInt64],
    _ play: @escaping @Sendable (UInt64) throws -> String?
  ) async -> [String] {
    await withTaskGroup(of: [String].self) { group in
      for part in 0..<2 {
        group.addTask {
          var complaints: [String] = []
          for (place, seed) in seeds.enumerated() where place % 2 == part && complaints.count < 5 {
            do {
              guard let complaint = try play(seed) else { continue }
              complaints.append("seed \(seed): \(complaint); replay with STET_SEED=\(seed)")
            } catch {
              complaints.append("seed \(seed): \(error); replay with STET_SEED=\(seed)")
            }
          }
          return complaints
        }
      }
      return await group.reduce(into: []) { $0 += $1 }
    }
  }
}
