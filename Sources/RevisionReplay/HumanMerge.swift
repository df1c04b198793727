/// A three-way merge made by people, from `revisions/twir-merges.jsonl.gz` of the shared data.
package struct HumanMerge: Decodable, Sendable {
  package let id: String
  package let base: String
  package let left: String
  package let right: String
  /// What the people kept.
  package let merged: String
  package let lineMerge: LineMerge

  /// What a line-based three-way merge makes of it.
  package enum LineMerge: String, Decodable, CaseIterable, Sendable {
    /// What the people kept.
    case clean
    /// Something else, without a conflict.
    case cleanButEdited = "clean-but-edited"
    case conflict
  }

  private enum CodingKeys: String, CodingKey {
    case id, base, left, right, merged
    case lineMerge = "line_merge"
  }

  /// All of them.
  package static func all() throws -> [Self] {
    try SharedData.objects("revisions/twir-merges.jsonl.gz", as: Self.self)
  }

  /// The merge by two replicas that edited offline.
  package var replayed: ReplayedMerge { ReplayedMerge(base: base, left: left, right: right) }
}
