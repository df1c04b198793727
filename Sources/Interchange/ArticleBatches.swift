package import Dispatch
internal import Synchronization

/// The batches of a file of articles, read and prepared on all cores while earlier ones are being taken.
///
/// One thread cuts the file into parts. Each part is read and prepared by itself, so nothing waits for the
/// slowest of several; they are taken in the file's order.
package final class ArticleBatches<Record: Sendable>: Sendable {
  package struct Batch: Sendable {
    /// In the file's order.
    package let records: [Record]
    /// How much of the file, as stored, was read when it was cut off.
    package let bytesRead: Int
    /// The size of the file as stored; `nil` for what has none, as a pipe.
    package let totalBytes: Int?
  }

  private let shelf = Shelf<Batch>()

  /// Begins to read a file.
  ///
  /// - `prepare`: what one who takes the records would do with each first, whatever became of the others.
  package init(
    path: String,
    options: ImportOptions,
    preparing prepare: @escaping @Sendable (ImportedRecord) -> Record
  ) {
    DispatchQueue(label: "articles", qos: .userInitiated).async { [shelf] in
      do throws(ImportFailure) {
        var file = try ArticleFile(path: path, options: options)
        while shelf.hasRoom(), let part = try file.nextPart() {
          let (bytesRead, totalBytes) = (file.bytesRead, file.totalBytes)
          shelf.put(
            .batch(
              Awaited {
                Batch(
                  records: part.records().map(prepare),
                  bytesRead: bytesRead,
                  totalBytes: totalBytes
                )
              }
            )
          )
        }
        shelf.put(.end)
      } catch {
        shelf.put(.failure(error))
      }
    }
  }

  /// The next batch; `nil` at the end.
  ///
  /// After a failure there is nothing more. The batches before it are good.
  /// - Throws: ``ImportFailure``, where the file as a whole cannot be read or cannot go on.
  package func next() throws(ImportFailure) -> Batch? {
    switch shelf.take() {
    case .batch(let batch): return batch.wait()
    case .end: return nil
    case .failure(let failure): throw failure
    }
  }

  /// Whether there is something to take, a batch, the end or a failure, by a time: waits until then.
  package func hasNext(by deadline: DispatchTime) -> Bool { shelf.isFilled(by: deadline) }

  /// Has the cores work further ahead, once: the one who takes is about to be busy with something else for
  /// a while.
  package func workAhead() { shelf.extend() }

  deinit { shelf.close() }
}

/// What another core is about to have done.
private final class Awaited<Value: Sendable>: Sendable {
  private let value = Mutex<Value?>(nil)
  private let done = DispatchSemaphore(value: 0)

  init(_ work: @escaping @Sendable () -> Value) {
    DispatchQueue.global().async { [self] in
      let made = work()
      value.withLock { $0 = made }
      done.signal()
    }
  }

  /// Waits for it; once.
  func wait() -> Value {
    done.wait()
    guard let value = value.withLock({ $0.take() }) else {
      preconditionFailure("waited for twice")
    }
    return value
  }
}

/// A few batches between the one who reads and the one who takes.
private final class Shelf<Batch: Sendable>: Sendable {
  enum Item: Sendable {
    case batch(Awaited<Batch>)
    case end
    case failure(ImportFailure)
  }

  private struct State {
    var items: [Item] = []
    /// The end or a failure has been taken.
    var isOver = false
    /// Nobody takes any more.
    var isClosed = false
    /// Batches beyond the limit that there may be.
    var extraCount = 0
  }

  private let state = Mutex(State())
  private let filled = DispatchSemaphore(value: 0)
  private let room = DispatchSemaphore(value: 0)

  init() { for _ in 0..<ImportLimits.batchCount { room.signal() } }

  /// Waits for room; `false` when nobody takes any more.
  func hasRoom() -> Bool {
    room.wait()
    return state.withLock { !$0.isClosed }
  }

  func put(_ item: Item) {
    state.withLock { $0.items.append(item) }
    filled.signal()
  }

  /// Waits for an item.
  func take() -> Item {
    if state.withLock({ $0.isOver }) { return .end }
    filled.wait()
    return state.withLock { state in
      let item = state.items.removeFirst()
      guard case .batch = item else {
        state.isOver = true
        return item
      }
      if state.extraCount > 0 { state.extraCount -= 1 } else { room.signal() }
      return item
    }
  }

  /// Waits for an item until a time, and leaves it where it is.
  func isFilled(by deadline: DispatchTime) -> Bool {
    if state.withLock({ $0.isOver }) { return true }
    guard filled.wait(timeout: deadline) == .success else { return false }
    filled.signal()
    return true
  }

  /// Makes room for more, until they are taken.
  func extend() {
    state.withLock { state in
      while state.extraCount < ImportLimits.extraBatchCount {
        state.extraCount += 1
        room.signal()
      }
    }
  }

  func close() {
    state.withLock { $0.isClosed = true }
    room.signal()
  }
}
