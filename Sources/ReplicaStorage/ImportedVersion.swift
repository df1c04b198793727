package import ArchiveModel
internal import CRDT
package import ChangeLog

/// What a source published, and the change that would bring it, worked out as far as that goes without
/// looking into an archive: on whatever core has time.
package struct ImportedVersion: Sendable {
  /// SHA-256 of the input.
  package let raw: Hash
  let article: ObjectID
  let name: VersionName
  let sighting: Operation
  /// The version, then the sighting.
  let operations: [Operation]
  /// `nil` where it cannot be encoded.
  let payload: PreparedPayload?
  /// What the operations make of an article that is not there.
  let fresh: FreshObject?
  /// 16 random bytes, for the one change that this becomes.
  let salt: [UInt8]

  /// - `raw`: SHA-256 of the input.
  /// - `fetched`: when it was fetched, ms since 1970-01-01 UTC.
  /// - `origin`: file name or address.
  /// - `salt`: 16 random bytes, used for nothing else.
  package init(
    _ version: ArticleVersion,
    raw: Hash,
    fetched: Int64,
    origin: String,
    salt: [UInt8]
  ) {
    let known = KnownVersion(version)
    self.raw = raw
    self.salt = salt
    article = ArticleIdentity(of: version).object
    name = known.name
    sighting = Operation(
      field: ArticleField.sightings.rawValue,
      kind: .add,
      body: Sighting(version: name, raw: raw, fetched: fetched, origin: origin).body
    )
    let addition = Operation(
      field: ArticleField.versions.rawValue,
      kind: .add,
      body: known.record
    )
    operations = [addition, sighting]
    payload = PreparedPayload(operations, on: article, salt: salt)
    fresh = FreshObject(
      object: article,
      operations: operations,
      at: Self.nowhere,
      knowing: known
    )
  }

  /// A place for what has none yet.
  private static let nowhere: ChangePlace = {
    guard let lane = LaneID([UInt8](repeating: 0, count: LaneID.byteCount)) else {
      preconditionFailure("a lane id of another length")
    }
    return ChangePlace(lane: lane, seq: 0, time: 0)
  }()
}
