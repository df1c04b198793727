internal import ChangeLog

/// Decides which neighbours of a log are joined, as the log goes by.
///
/// *Rule*: neighbours are joined when they come to at least twice the largest of them, and to no more
/// than an import fills packs to. *Why*: whatever is written anew is then in a pack at least twice as
/// large as before, so a change that came in a pack of 300 bytes is rewritten ten times at most,
/// however often a log gets one pack more and is compacted again. *What if not*: a log that grows by
/// small packs would rewrite its last large one each time.
///
/// When all is joined, no neighbours are left for which the rule holds: a second compaction finds
/// nothing to do.
struct JoiningPlan {
  /// Neighbours that become one pack; one that stays what it is, alone.
  struct Group: Sendable {
    fileprivate(set) var packs: [LoggedPack]
    /// Of their sections before compression.
    fileprivate(set) var plainByteCount: Int
    fileprivate(set) var changeCount: Int

    var begin: Int64 { packs[0].place.begin }

    fileprivate init(_ pack: LoggedPack) {
      packs = [pack]
      plainByteCount = pack.content.plainByteCount
      changeCount = pack.content.changeCount
    }

    /// Whether a change is both here and in a pack: a pack holds a change once.
    fileprivate func overlaps(_ pack: LoggedPack) -> Bool {
      packs.contains { $0.runs.contains { run in pack.runs.contains(where: run.overlaps) } }
    }
  }

  private let byteLimit: Int
  /// Neighbours that what follows may still join, in the order of the log.
  private var open: [Group] = []

  /// - `byteLimit`: what joined packs are at most, before compression.
  init(byteLimit: Int) { self.byteLimit = byteLimit }

  /// Where the first group stands that what follows may still join; `nil` without one.
  var begin: Int64? { open.first?.begin }

  /// Takes the next pack of the log.
  ///
  /// - Returns: groups that nothing can join any more, in the order of the log.
  mutating func take(_ pack: LoggedPack) -> [Group] {
    var settled: [Group] = []
    if let last = open.last?.packs.last,
      last.place.position != pack.place.begin || last.source != pack.source
    {
      settled += finish()
    }
    if let place = open.lastIndex(where: { $0.overlaps(pack) }) {
      settled += open[...place]
      open.removeFirst(place + 1)
    }
    open.append(Group(pack))
    join()
    return settled + settle()
  }

  /// No neighbour follows.
  ///
  /// - Returns: all groups that were still open.
  mutating func finish() -> [Group] {
    defer { open = [] }
    return open
  }

  /// Joins the last groups, as many as the rule allows.
  private mutating func join() {
    var sum = (bytes: 0, changes: 0, largest: 0)
    var first: Int?
    for place in open.indices.reversed() {
      sum.bytes += open[place].plainByteCount
      sum.changes += open[place].changeCount
      sum.largest = max(sum.largest, open[place].plainByteCount)
      guard isWithinLimits(sum.bytes, sum.changes) else { break }
      if sum.bytes >= 2 * sum.largest { first = place }
    }
    guard let first, first < open.count - 1 else { return }
    for group in open[(first + 1)...] {
      open[first].packs += group.packs
      open[first].plainByteCount += group.plainByteCount
      open[first].changeCount += group.changeCount
    }
    open.removeLast(open.count - first - 1)
  }

  /// Takes out the groups that are too large together with all that lie between them and the next pack.
  private mutating func settle() -> [Group] {
    var sum = (bytes: 0, changes: 0)
    for place in open.indices.reversed() {
      sum.bytes += open[place].plainByteCount
      sum.changes += open[place].changeCount
      guard !isWithinLimits(sum.bytes, sum.changes) else { continue }
      let settled = Array(open[...place])
      open.removeFirst(place + 1)
      return settled
    }
    return []
  }

  private func isWithinLimits(_ byteCount: Int, _ changeCount: Int) -> Bool {
    byteCount <= byteLimit && changeCount <= FormatLimits.packChangeCountLimit
  }
}

/// A pack of the log that may be joined with others.
struct LoggedPack: Sendable {
  let place: PackPlace
  /// The number of the store that brought it; `nil` for one's own.
  let source: Int64?
  let content: JoinablePack
  /// By their places.
  let runs: [LoggedRun]
}

/// A row of `runs`, without the pack that it is of.
struct LoggedRun: Hashable, Sendable {
  let lane: Int64
  let firstSeq: Int64
  var lastSeq: Int64
  var place: Int64

  func overlaps(_ other: LoggedRun) -> Bool {
    lane == other.lane && firstSeq <= other.lastSeq && lastSeq >= other.firstSeq
  }
}
