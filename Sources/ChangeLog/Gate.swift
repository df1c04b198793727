package import CRDT

/// What the gate asks a store about the log it has.
package protocol LogIndex {
  func head(of lane: LaneID) throws -> LaneHead?
  func writingKey(of lane: LaneID) throws -> PublicKey?
  /// The hash of a change; `nil` when the store does not have it.
  func hash(of change: ChangeID) throws -> Hash?
}

/// Decides whether a pack may be appended.
///
/// A change is appended only when the one before it in its lane, and everything it depends on, is
/// there with those hashes. So a store's log order is a causal order, and streaming it as it lies
/// is always right. A change that is there already with the same hash is skipped; with another
/// hash it is a fork.
package struct Gate {
  package let archive: ArchiveID

  package init(archive: ArchiveID) { self.archive = archive }

  /// A pack that passed.
  package struct Admission: Sendable {
    /// Every change of the pack, in its order.
    package fileprivate(set) var changes: [Change] = []
    /// For each of `changes`: whether the store has it already.
    package fileprivate(set) var isKnown: [Bool] = []
    /// Writing keys of lanes that begin in this pack, and who certified them.
    package fileprivate(set) var beginnings: [LaneID: Certification] = [:]

    package var newCount: Int { isKnown.count { !$0 } }
  }

  /// Verifies a pack against a store's log.
  ///
  /// - Throws: ``LogFailure``, and whatever the index throws.
  package func admit(_ pack: Pack, to index: some LogIndex) throws -> Admission {
    var admission = Admission()
    var seen: [ChangeID: Hash] = [:]
    var keys: [LaneID: PublicKey] = [:]

    func hash(of change: ChangeID) throws -> Hash? {
      if let hash = seen[change] { return hash }
      return try index.hash(of: change)
    }

    for run in pack.runs {
      guard let key = try run.writingKey ?? keys[run.lane] ?? index.writingKey(of: run.lane) else {
        throw LogFailure.gap(ChangeID(lane: run.lane, seq: 1))
      }
      let before = ChangeID(lane: run.lane, seq: run.firstSeq - 1)
      let previous =
        before.seq == 0 ? Hash.beforeLane(archive: archive, writingKey: key) : try hash(of: before)
      guard let previous else { throw LogFailure.gap(before) }
      let head = try index.head(of: run.lane)
      for change in try run.changes(archive: archive, key: key, previous: previous) {
        guard seen[change.id] == nil else { throw LogFailure.malformed("pack") }
        let isKnown = change.header.seq <= head?.seq ?? 0
        if isKnown, try index.hash(of: change.id) != change.hash {
          throw LogFailure.fork(change.id)
        }
        for dependency in change.header.dependencies {
          guard let present = try hash(of: dependency.change) else {
            throw LogFailure.gap(dependency.change)
          }
          guard present.prefix == dependency.hashPrefix else {
            throw LogFailure.fork(dependency.change)
          }
        }
        if change.header.seq == 1 {
          admission.beginnings[run.lane] = try Certification(
            beginning: change,
            writingKey: key,
            archive: archive
          )
        }
        admission.isKnown.append(isKnown)
        admission.changes.append(change)
        seen[change.id] = change.hash
      }
      keys[run.lane] = key
    }
    return admission
  }
}
