import CRDT

/// The oracle of the text merge: the tree of Fugue, built openly and walked whenever somebody
/// looks (Weidner & Kleppmann, "The Art of the Fugue", 2023, algorithm 1).
///
/// A new scalar between `a` and the next scalar `b` that its author has, deleted ones included, is
/// a left child of `b` when `b` descends from `a`, else a right child of `a`. Siblings on one side
/// go by (edit, offset). The text is the tree in order: left children, itself, right children.
struct FugueModel {
  private struct Node {
    let scalar: Unicode.Scalar
    let origin: ScalarOrigin
    /// `nil`: the root.
    let parent: Int?
    var leftChildren: [Int] = []
    var rightChildren: [Int] = []
    var deletions: Set<Dot> = []
  }

  private var nodes: [Node] = []
  private var rootChildren: [Int] = []
  /// What each edit saw, itself included.
  private var versions: [Dot: Set<Dot>] = [:]

  /// A text after edits in a causal order.
  init(base: String, edits: [TextEdit]) {
    for (offset, scalar) in base.unicodeScalars.enumerated() {
      let origin = ScalarOrigin(edit: nil, offset: offset)
      insert(scalar, origin: origin, after: offset == 0 ? nil : offset - 1, before: nil)
    }
    for edit in edits { apply(edit) }
  }

  var content: String { text(of: walk().filter { nodes[$0].deletions.isEmpty }) }

  private mutating func apply(_ edit: TextEdit) {
    let seen = edit.parents.reduce(into: Set<Dot>()) { $0.formUnion(versions[$1] ?? []) }
    let version = seen.union([edit.dot])
    versions[edit.dot] = version
    var offset = 0
    for hunk in edit.hunks {
      let before = walk().filter { isVisible($0, in: version) }
      // A wrong merge makes edits that do not fit here: they are passed over, and the texts differ.
      guard hunk.position + hunk.deleteCount <= before.count else { return }
      var left = hunk.position == 0 ? nil : before[hunk.position - 1]
      for scalar in hunk.insert.unicodeScalars {
        let known = walk().filter { exists($0, in: version) }
        let place = left.flatMap { known.firstIndex(of: $0) }.map { $0 + 1 } ?? 0
        let right = place < known.count ? known[place] : nil
        insert(
          scalar,
          origin: ScalarOrigin(edit: edit.dot, offset: offset),
          after: left,
          before: right
        )
        left = nodes.count - 1
        offset += 1
      }
      for place in hunk.position..<(hunk.position + hunk.deleteCount) {
        nodes[before[place]].deletions.insert(edit.dot)
      }
    }
  }

  private mutating func insert(
    _ scalar: Unicode.Scalar,
    origin: ScalarOrigin,
    after left: Int?,
    before right: Int?
  ) {
    let node = nodes.count
    if let right, left == nil || descends(right, from: left) {
      nodes.append(Node(scalar: scalar, origin: origin, parent: right))
      nodes[right].leftChildren = sorted(nodes[right].leftChildren + [node])
    } else if let left {
      nodes.append(Node(scalar: scalar, origin: origin, parent: left))
      nodes[left].rightChildren = sorted(nodes[left].rightChildren + [node])
    } else {
      nodes.append(Node(scalar: scalar, origin: origin, parent: nil))
      rootChildren = sorted(rootChildren + [node])
    }
  }

  private func sorted(_ siblings: [Int]) -> [Int] {
    siblings.sorted { left, right in
      let (left, right) = (nodes[left].origin, nodes[right].origin)
      guard let edit = left.edit, let otherEdit = right.edit, edit != otherEdit else {
        return left.offset < right.offset
      }
      return edit < otherEdit
    }
  }

  private func descends(_ node: Int, from ancestor: Int?) -> Bool {
    var parent = nodes[node].parent
    while let next = parent, next != ancestor { parent = nodes[next].parent }
    return parent == ancestor
  }

  private func walk() -> [Int] { rootChildren.flatMap(walk) }

  private func walk(_ node: Int) -> [Int] {
    nodes[node].leftChildren.flatMap(walk) + [node] + nodes[node].rightChildren.flatMap(walk)
  }

  private func exists(_ node: Int, in version: Set<Dot>) -> Bool {
    nodes[node].origin.edit.map(version.contains) ?? true
  }

  private func isVisible(_ node: Int, in version: Set<Dot>) -> Bool {
    exists(node, in: version) && nodes[node].deletions.isDisjoint(with: version)
  }

  private func text(of walked: [Int]) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: walked.map { nodes[$0].scalar })
    return String(view)
  }
}
