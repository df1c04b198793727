internal import CRDT
internal import ChangeLog

/// The packs of one world, each opened and verified once however many machines hold it.
final class PackShelf {
  private struct Key: Hashable {
    let pack: Hash
    /// The hash before each run.
    let previous: [Hash]
  }

  private var opened: [Hash: Pack] = [:]
  private var verified: [Key: [[Change]]] = [:]

  func pack(_ bytes: [UInt8]) throws -> (name: Hash, pack: Pack) {
    let name = Hash(of: bytes)
    if let pack = opened[name] { return (name, pack) }
    let pack = try Pack(bytes)
    opened[name] = pack
    return (name, pack)
  }

  /// The changes of a pack, run by run, chain and signatures verified.
  ///
  /// - `previous`: the hash before each run.
  /// - `keys`: the writing key of each run's lane.
  func changes(
    of pack: (name: Hash, pack: Pack),
    in archive: ArchiveID,
    previous: [Hash],
    keys: [PublicKey]
  ) throws -> [[Change]] {
    let key = Key(pack: pack.name, previous: previous)
    if let changes = verified[key] { return changes }
    var changes: [[Change]] = []
    for (place, run) in pack.pack.runs.enumerated() {
      changes.append(
        try run.changes(archive: archive, key: keys[place], previous: previous[place])
      )
    }
    verified[key] = changes
    return changes
  }
}
