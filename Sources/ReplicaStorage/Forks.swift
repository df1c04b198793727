package import ChangeLog
package import CRDT
internal import GRDB
internal import LogStorage

/// A writing key under which two copies of one archive file were edited.
///
/// Each way on from where they differ is a lane of its own; nothing of either is lost.
package struct Fork: Hashable, Sendable {
  /// The lane of the key.
  package let root: LaneID
  /// Whose key it is, as they want to be called.
  package let member: String
  package let branches: [LaneBranch]
}

extension Fork: CustomStringConvertible {
  package var description: String {
    let seq = branches.map(\.firstSeq).min() ?? 1
    return
      "two copies of one archive file of \(member) were edited under one key, from change "
      + "\(root.bytes.hex.prefix(8)):\(seq) on: both are kept, see 'stet conflicts' for what they "
      + "changed differently"
  }
}

extension Replica {
  /// The forked keys of the archive, ascending by lane.
  package func forks() throws -> [Fork] {
    try database.read { db in
      let tree = try SQLiteLog(db).laneTree()
      let people = People(db)
      return try tree.roots.sorted().map { root in
        let branches = tree.branches(of: root)
        return Fork(root: root, member: try people.name(of: branches[0].lane), branches: branches)
      }
    }
  }
}
