internal import Dispatch
internal import Synchronization

/// The batches of a file of articles, read and prepared on other cores while earlier ones are being taken.
package final class ArticleBatches<Record: Sendable>: Sendable {
  package struct Batch: Sendable {
    /// In the file's order.
    package let records: [Record]
    /// How much of the file, as stored, was read by its end.
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
        while shelf.hasRoom(), let records = try file.nextBatch() {
          shelf.put(
            .batch(
              Batch(
                records: records.inParallel { $0.map(prepare) },
                bytesRead: file.bytesRead,
                totalBytes: file.totalBytes
              )
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
    case .batch(let batch): return batch
    case .end: return nil
    case .failure(let failure): throw failure
    }
  }

  deinit { shelf.close() }
}

/// A few batches between the one who reads and the one who takes.
private final class Shelf<Batch: Sendable>: Sendable {
  enum Item: Sendable {
    case batch(Batch)
    case end
    case failure(ImportFailure)
  }

  private struct State {
    var items: [Item] = []
    /// The end or a failure has been taken.
    var isOver = false
    /// Nobody takes any more.
    var isClosed = false
  }

  /// One is being taken, one waits.
  private static var batchLimit: Int { 2 }

  private let state = Mutex(State())
  private let filled = DispatchSemaphore(value: 0)
  private let room = DispatchSemaphore(value: 0)

  init() { for _ in 0..<Self.batchLimit { room.signal() } }

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
    let item = state.withLock { state in
      let item = state.items.removeFirst()
      if case .batch = item { return item }
      state.isOver = true
      return item
    }
    room.signal()
    return item
  }

  func close() {
    state.withLock { $0.isClosed = true }
    room.signal()
  }
}
