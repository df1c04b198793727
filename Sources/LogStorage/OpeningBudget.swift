internal import Synchronization
internal import SyncProtocol

/// How many plain bytes of packs are held open ahead of their turn, whoever sent them and whatever archive
/// they go into.
///
/// Nobody waits for it: a pack that finds no room stays closed until its turn.
package final class OpeningBudget: Sendable {
  /// A part of a budget, which returns when nobody holds it any more.
  package final class Room: Sendable {
    private let budget: OpeningBudget
    private let byteCount: Mutex<Int>

    fileprivate init(_ byteCount: Int, of budget: OpeningBudget) {
      self.budget = budget
      self.byteCount = Mutex(byteCount)
    }

    /// Makes the part larger, whether there is as much or not.
    ///
    /// What was opened is there already, and others have to stay closed for it.
    package func grow(by count: Int) {
      byteCount.withLock { $0 += count }
      budget.held.withLock { $0 += count }
    }

    deinit {
      let count = byteCount.withLock { $0 }
      budget.held.withLock { $0 -= count }
    }
  }

  /// What a change takes when it is opened, beside its plain bytes, which may be few; about, bytes.
  ///
  /// Those are its hashes, and its header as values.
  package static let changeByteCount = 256

  private let byteLimit: Int
  private let held = Mutex(0)

  /// Bytes that are taken.
  package var heldByteCount: Int { held.withLock { $0 } }

  package init(byteLimit: Int = SyncLimits().openedByteLimit) { self.byteLimit = byteLimit }

  /// Takes a part; `nil` where there is not as much.
  package func room(for byteCount: Int) -> Room? {
    let isThere = held.withLock { held in
      guard byteCount <= byteLimit - held else { return false }
      held += byteCount
      return true
    }
    return isThere ? Room(byteCount, of: self) : nil
  }
}
