internal import ArchiveModel
package import CRDT

/// A post and its revisions, from `revisions/18f-histories.jsonl.gz` of the shared data.
package struct PublishedHistory: Decodable, Sendable {
  package let id: String
  /// Each after its parents; the first has none.
  package let revisions: [Revision]

  package struct Revision: Decodable, Sendable {
    package let rev: Int
    package let parents: [Int]
    package let text: String
  }

  /// All of them.
  package static func all() throws -> [Self] {
    try SharedData.objects("revisions/18f-histories.jsonl.gz", as: Self.self)
  }

  /// The revisions as edits of the first one, along the real parents.
  ///
  /// The edit of a revision is the difference from what its parents make together to its text.
  package var edits: RevisionEdits { RevisionEdits(revisions.map { ($0.parents, $0.text) }) }
}

/// Revisions of a text as edits of the first one.
package struct RevisionEdits: Sendable {
  package let base: String
  /// Beside the revisions, the first one apart.
  private var edits: [TextEdit] = []
  /// By revision: which revisions it comes from, itself included, but not the first one.
  private var ancestors: [Set<Int>] = []

  /// - `revisions`: parents, by number, and text; at least one.
  init(_ revisions: [(parents: [Int], text: String)]) {
    base = revisions[0].text
    ancestors = [[]]
    for (number, revision) in revisions.enumerated().dropFirst() {
      let parents = revision.parents.filter { $0 > 0 }
      let known = parents.reduce(into: Set()) { $0.formUnion(ancestors[$1]) }
      let parent = parents.count == 1 ? revisions[parents[0]].text : text(of: known)
      edits.append(
        TextEdit(
          dot: Self.dot(number),
          parents: parents.map(Self.dot),
          hunks: TextDifference(from: parent, to: revision.text).hunks
        )
      )
      ancestors.append(known.union([number]))
    }
  }

  /// All that was ever in the text, as of a revision.
  package func spans(at revision: Int) -> [TextSpan] { spans(of: ancestors[revision]) }

  private func spans(of revisions: Set<Int>) -> [TextSpan] {
    TextHistory(base: base, edits: revisions.sorted().map { edits[$0 - 1] }).spans
  }

  private func text(of revisions: Set<Int>) -> String {
    spans(of: revisions).filter { !$0.isDeleted }.map(\.text).joined()
  }

  private static func dot(_ revision: Int) -> Dot {
    Dot(lane: .author(1), seq: UInt64(revision), index: 0)
  }
}
