internal import ArchiveModel
internal import CRDT

/// What is looked at of an object, so that what it takes in memory has a bound.
///
/// Whoever may write can give one object any number of values, and a megabyte that is sent can be a
/// gigabyte of them. Normative: `Protocol/merge.md`, *Large objects*.
enum ObjectWindow {
  /// Sizes of the entries, deletions and texts of an object together above which it is large, bytes: a
  /// collection has as many with 1.8 million articles.
  static let wholeByteLimit = 256 << 20
  /// Sizes of what is looked at of each field of a large object, and of its deletions, bytes.
  static let fieldByteLimit = 32 << 20
  /// Sizes of the texts of a large object that are looked at, bytes.
  static let textsByteLimit = 128 << 20
  /// Sizes of the versions of an article that are looked at, bytes.
  static let versionsByteLimit = 256 << 20

  /// What each row takes beside its bytes.
  private static let rowByteCount = 128

  static func byteCount(of entry: Entry) -> Int { rowByteCount + entry.value.count }

  static func byteCount(of deletion: Deletion) -> Int {
    rowByteCount + deletion.covers.count * Dot.byteCount
  }

  static func byteCount(of text: TextState) -> Int {
    rowByteCount + text.content.utf8.count + text.heads.count * Dot.byteCount
  }

  static func byteCount(ofVersion record: [UInt8]) -> Int { rowByteCount + record.count }

  /// The first places, by size and then as they are, with which the sizes come to a number of bytes at most.
  ///
  /// *Why the smallest*: who wants others out of sight has to write many.
  static func smallest(_ byteCounts: [Int], byteLimit: Int) -> [Int] {
    var budget = ByteBudget(byteLimit)
    return byteCounts.indices
      .sorted { (byteCounts[$0], $0) < (byteCounts[$1], $1) }
      .prefix { (try? budget.take(byteCounts[$0])) != nil }
      .sorted()
  }
}

/// Bytes of which some are left.
struct ByteBudget {
  struct Exceeded: Error {}

  private var left: Int

  init(_ byteCount: Int) { left = byteCount }

  mutating func take(_ byteCount: Int) throws(Exceeded) {
    left -= byteCount
    guard left >= 0 else { throw Exceeded() }
  }
}

/// The newest of the entries that it is shown, as many as come to a number of bytes, whatever the order in
/// which they come.
struct NewestEntries {
  private let byteLimit: Int
  /// Never more than twice as many bytes as are wanted.
  private var kept: [Entry] = []
  private var byteCount = 0
  /// The newest one for which there was no room: nothing older counts.
  private var excluded: Entry?

  init(byteLimit: Int) { self.byteLimit = byteLimit }

  mutating func show(_ entry: Entry) {
    if let excluded, Self.isNewer(excluded, entry) { return }
    kept.append(entry)
    byteCount += ObjectWindow.byteCount(of: entry)
    if byteCount > 2 * byteLimit { prune() }
  }

  /// Descending by (time, dot).
  mutating func finished() -> [Entry] {
    prune()
    return kept
  }

  private mutating func prune() {
    kept.sort(by: Self.isNewer)
    var budget = ByteBudget(byteLimit)
    let room = kept.firstIndex { entry in
      (try? budget.take(ObjectWindow.byteCount(of: entry))) == nil
    }
    if let room {
      excluded = kept[room]
      kept.removeSubrange(room...)
    }
    byteCount = kept.reduce(0) { $0 + ObjectWindow.byteCount(of: $1) }
  }

  private static func isNewer(_ entry: Entry, _ other: Entry) -> Bool {
    (entry.time, entry.dot) > (other.time, other.dot)
  }
}
