/// What the author of each edit of a text had seen.
package struct TextVersions {
  private let dots: [Dot]
  private let places: [Dot: Int]
  private var graph: EditGraph
  /// Lanes of which some edit has not seen the one before it.
  private let brokenLanes: Set<LaneID>

  package init(of history: TextHistory) {
    dots = history.edits.map(\.dot)
    var places: [Dot: Int] = [:]
    for (place, edit) in history.edits.enumerated() { places[edit.dot] = place }
    self.places = places
    var graph = EditGraph(parents: history.edits.map { $0.parents.compactMap { places[$0] } })
    var newest: [LaneID: Int] = [:]
    var broken: Set<LaneID> = []
    for (place, edit) in history.edits.enumerated() {
      guard let before = newest.updateValue(place, forKey: edit.dot.lane) else { continue }
      if !graph.parents(of: place).contains(before), !graph.isAncestor(before, of: place) {
        broken.insert(edit.dot.lane)
      }
    }
    self.graph = graph
    brokenLanes = broken
  }

  /// Whether two edits have not seen each other.
  package mutating func isConcurrent(_ left: Dot, _ right: Dot) -> Bool {
    guard let first = places[left], let second = places[right], first != second else {
      return false
    }
    // An author has seen what the author wrote; only a lane that denies it is looked at.
    if left.lane == right.lane, !brokenLanes.contains(left.lane) { return false }
    return !graph.isAncestor(min(first, second), of: max(first, second))
  }

  /// An edit and all that its author had seen.
  package func version(of edit: Dot) -> Set<Dot> {
    guard let place = places[edit] else { return [] }
    var version: Set<Dot> = [edit]
    var open = [place]
    while let place = open.popLast() {
      for parent in graph.parents(of: place) where version.insert(dots[parent]).inserted {
        open.append(parent)
      }
    }
    return version
  }
}
