internal import Dispatch
internal import Foundation
internal import Synchronization

/// Does several things at once, each on a thread of its own, and waits for all.
///
/// Threads, not tasks: every one of them may block in a lock that another one holds.
func concurrently<Value: Sendable>(
  _ count: Int,
  _ work: @escaping @Sendable (Int) throws -> Value
) -> [Result<Value, any Error>] {
  let results = Mutex<[Int: Result<Value, any Error>]>([:])
  let start = DispatchSemaphore(value: 0)
  let group = DispatchGroup()
  for place in 0..<count {
    group.enter()
    Thread.detachNewThread {
      start.wait()
      let result = Result { try work(place) }
      results.withLock { $0[place] = result }
      group.leave()
    }
  }
  for _ in 0..<count { start.signal() }
  group.wait()
  return results.withLock { results in (0..<count).compactMap { results[$0] } }
}

extension Result {
  /// Why it went wrong, if it did.
  var failure: Failure? {
    switch self {
    case .success: nil
    case .failure(let failure): failure
    }
  }
}
