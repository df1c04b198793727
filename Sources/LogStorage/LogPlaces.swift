internal import ChangeLog
internal import Foundation
internal import GRDB
internal import SyncProtocol

/// Places inside of packs.
///
/// Where a pack ended before it was joined with its neighbours, peers, backups and people may have a
/// cursor. A run ends there in the joined pack, so the log goes on from there as before: the check
/// follows from the one before the pack and the hashes, and what lies behind is a part of the pack.
extension SQLiteLog {
  /// Parts are made while a peer waits.
  private static let partLevel: Int32 = 6

  /// The running check at a position that is 0, or where a run of a pack ends.
  ///
  /// - Returns: `nil` anywhere else.
  func check(at position: UInt64) throws -> Hash? {
    guard position > 0 else { return LogCheck(store: try storeID()).hash }
    guard let position = Int64(exactly: position), let pack = try pack(holding: position) else {
      return nil
    }
    if pack.position == position { return try checkAtEnd(of: pack.position) }
    guard try Pack.isDivisible(bytes(of: pack), at: Int(position - pack.begin)) else {
      return nil
    }
    return try check(at: position, in: pack)
  }

  /// A pack as a peer gets it that has everything up to `begin`, and wants nothing behind `end`: whole,
  /// or the runs in between.
  ///
  /// A run that goes across one of these places is among them; the receiver skips what it has.
  func delivery(
    of pack: PackPlace,
    after begin: Int64,
    upTo end: Int64 = .max
  ) throws -> (delivery: PackDelivery, changeCount: Int) {
    let bytes = try bytes(of: pack)
    let (first, last) = (max(begin, pack.begin), min(end, pack.position))
    guard first < last else { throw LogFailure.damaged("log") }
    let places = Int(first - pack.begin)..<Int(last - pack.begin)
    guard places.count < pack.count,
      let part = try Pack.part(of: bytes, covering: places, level: Self.partLevel)
    else {
      return (try delivery(bytes, endingAt: pack.position, in: pack), Int(pack.count))
    }
    guard part.changes.upperBound <= pack.count else { throw LogFailure.damaged("log") }
    let position = pack.begin + Int64(part.changes.upperBound)
    return (try delivery(part.bytes, endingAt: position, in: pack), part.changes.count)
  }

  private func delivery(
    _ bytes: [UInt8],
    endingAt position: Int64,
    in pack: PackPlace
  ) throws -> PackDelivery {
    let check =
      try position == pack.position
      ? checkAtEnd(of: position) : check(at: position, in: pack)
    return PackDelivery(pack: bytes, position: UInt64(position), check: check.prefix)
  }

  /// The pack that holds the change at a position; `nil` behind the end of the log.
  private func pack(holding position: Int64) throws -> PackPlace? {
    try Row.fetchOne(
      db,
      cached: "SELECT position, count FROM packs WHERE position >= ? ORDER BY position LIMIT 1",
      arguments: [position]
    ).map { try PackPlace(position: $0.decode(atIndex: 0), count: $0.decode(atIndex: 1)) }
  }

  private func bytes(of pack: PackPlace) throws -> [UInt8] {
    let bytes = try Data.fetchOne(
      db,
      cached: "SELECT bytes FROM packs WHERE position = ?",
      arguments: [pack.position]
    )
    guard let bytes else { throw LogFailure.damaged("log") }
    return Array(bytes)
  }

  private func check(at position: Int64, in pack: PackPlace) throws -> Hash {
    let hashes = try Data.fetchOne(
      db,
      cached: "SELECT hashes FROM packs WHERE position = ?",
      arguments: [pack.position]
    )
    guard let hashes else { throw LogFailure.damaged("log") }
    var check = LogCheck(
      try pack.begin == 0 ? LogCheck(store: storeID()).hash : checkAtEnd(of: pack.begin)
    )
    let byteCount = Int(position - pack.begin) * Hash.byteCount
    for start in stride(from: 0, to: byteCount, by: Hash.byteCount) {
      guard let hash = Hash(hashes.dropFirst(start).prefix(Hash.byteCount)) else {
        throw LogFailure.damaged("log")
      }
      check.append(hash)
    }
    return check.hash
  }

  private func checkAtEnd(of position: Int64) throws -> Hash {
    let check = try Data.fetchOne(
      db,
      cached: "SELECT log_check FROM packs WHERE position = ?",
      arguments: [position]
    )
    guard let hash = check.flatMap({ Hash($0) }) else { throw LogFailure.damaged("log") }
    return hash
  }
}
