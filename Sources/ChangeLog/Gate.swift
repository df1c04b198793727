package import CRDT

/// What the gate asks a store about the log it has.
package protocol LogIndex {
  func head(of lane: LaneID) throws -> LaneHead?
  /// The key that a lane, or its branches, are written with.
  func writingKey(of lane: LaneID) throws -> PublicKey?
  /// The hash of a change; `nil` when the store does not have it.
  func hash(of change: ChangeID) throws -> Hash?
  /// The branches of forked keys.
  func laneTree() throws -> LaneTree
  /// Whether a branch is known to begin with a change, before the log has another one beside it.
  func beginsBranch(_ first: Hash) throws -> Bool
}

extension LogIndex {
  package func beginsBranch(_ first: Hash) throws -> Bool { false }
}

/// Decides whether a pack may be appended.
///
/// A change is appended only when the one before it in its lane, and everything it depends on, is
/// there with those hashes. So a store's log order is a causal order, and streaming it as it lies
/// is always right. A change that is there already with the same hash is skipped; with another
/// hash it is a fork, and begins a lane of its own. The gate only reads: what it finds is an
/// ``Admission``, for the store to carry out.
package struct Gate {
  package let archive: ArchiveID

  package init(archive: ArchiveID) { self.archive = archive }

  /// A pack that passed.
  package struct Admission: Sendable {
    package let archive: ArchiveID
    /// Every change of the pack, in its order, in the lane where it belongs.
    package internal(set) var changes: [Change] = []
    /// For each of `changes`: whether the store has it already.
    package internal(set) var isKnown: [Bool] = []
    /// Which changes of which lane they are, in the pack's order.
    package internal(set) var spans: [RunSpan] = []
    /// Lanes that begin in this pack with their own first change, and who certified them.
    package internal(set) var beginnings: [LaneID: Certification] = [:]
    /// Lanes of the log that the pack shows to go on in another way too.
    ///
    /// The log is split so before the pack is appended.
    package internal(set) var splits: [LaneSplit] = []
    /// Branches that begin in this pack.
    package internal(set) var branches: [LaneBranch] = []
    /// What the pack's lanes are written with; a branch is written with the key of the lane it left.
    package internal(set) var keys: [LaneID: PublicKey] = [:]

    package var newCount: Int { isKnown.count { !$0 } }
  }

  /// Verifies a pack against a store's log.
  ///
  /// - Throws: ``LogFailure``, and whatever the index throws.
  package func admit(_ pack: Pack, to index: some LogIndex) throws -> Admission {
    var passage = Passage(archive: archive, index: index, tree: try index.laneTree())
    for run in pack.runs { try passage.admit(run) }
    return passage.admission()
  }
}
