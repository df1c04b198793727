package import ChangeLog

/// Annotations as threads: every answer stands below what it answers.
package enum AnnotationThread {
  /// An annotation that is to be placed.
  package struct Member: Sendable {
    package let id: ObjectID
    package let repliesTo: ObjectID?
    /// Whether it is shown; a deleted one holds its thread together unseen.
    package let isLive: Bool

    package init(id: ObjectID, repliesTo: ObjectID?, isLive: Bool) {
      self.id = id
      self.repliesTo = repliesTo
      self.isLive = isLive
    }
  }

  /// Where an annotation stands.
  package struct Place: Hashable, Sendable {
    package let id: ObjectID
    /// The annotation that its thread begins with; itself for the first one.
    package let thread: ObjectID
    /// How many shown annotations stand above it in the thread.
    package let depth: Int
    /// Whether what it answers is deleted, or not known.
    package let answersDeleted: Bool
  }

  /// The places of the annotations that are shown.
  ///
  /// Whoever answers a deleted annotation stands below the next shown one above that. Annotations that
  /// answer each other in a circle, which no program writes, begin a thread where they come first.
  /// - `members`: in the order that annotations beside each other have.
  package static func places(of members: [Member]) -> [Place] {
    let byID = Dictionary(members.map { ($0.id, $0) }) { first, _ in first }
    var answers: [ObjectID?: [Member]] = [:]
    for member in members where member.isLive {
      answers[parent(of: member, in: byID), default: []].append(member)
    }
    var places: [Place] = []
    var seen: Set<ObjectID> = []
    let firsts = (answers[nil] ?? []) + members.filter(\.isLive)
    for first in firsts where !seen.contains(first.id) {
      var waiting = [(member: first, depth: 0)]
      while let (member, depth) = waiting.popLast() {
        guard seen.insert(member.id).inserted else { continue }
        places.append(
          Place(
            id: member.id,
            thread: first.id,
            depth: depth,
            answersDeleted: member.repliesTo.map { byID[$0]?.isLive != true } ?? false
          )
        )
        waiting += (answers[member.id] ?? []).reversed().map { ($0, depth + 1) }
      }
    }
    return places
  }

  /// The nearest annotation above that is shown.
  private static func parent(of member: Member, in byID: [ObjectID: Member]) -> ObjectID? {
    var passed: Set<ObjectID> = [member.id]
    var next = member.repliesTo
    while let id = next, passed.insert(id).inserted, let above = byID[id] {
      if above.isLive { return id }
      next = above.repliesTo
    }
    return nil
  }
}
