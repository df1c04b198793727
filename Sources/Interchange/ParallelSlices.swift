internal import Dispatch
internal import Foundation

extension Array where Element: Sendable {
  /// What a function makes of this array's slices, on all cores, put together in order.
  func inParallel<Result: Sendable>(
    _ results: @Sendable (ArraySlice<Element>) -> [Result]
  ) -> [Result] {
    // More slices than cores, so that none waits long for a slice of large elements.
    let sliceCount = Swift.min(count, 4 * ProcessInfo.processInfo.activeProcessorCount)
    var parts = [[Result]](repeating: [], count: sliceCount)
    parts.withUnsafeMutableBufferPointer { parts in
      // Each iteration writes its own element and no other.
      nonisolated(unsafe) let parts = parts
      DispatchQueue.concurrentPerform(iterations: sliceCount) { index in
        let start = count * index / sliceCount
        let end = count * (index + 1) / sliceCount
        parts[index] = results(self[start..<end])
      }
    }
    return parts.flatMap(\.self)
  }
}
