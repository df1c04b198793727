package import ChangeLog
internal import Foundation

/// What a backup holds: the file `manifest` of its folder, written last.
///
/// Normative: `Protocol/backup.md`. Two lines: a JSON object, and the SHA-256 of the first line in
/// hexadecimal digits.
package struct LogBackupManifest: Hashable, Sendable {
  /// A hub or replica that the backed up replica synced with.
  package struct Remote: Hashable, Sendable, Codable {
    package let name: String
    package let address: String

    package init(name: String, address: String) {
      self.name = name
      self.address = address
    }
  }

  /// The number of the format.
  package static let format = 1
  /// A whole manifest, bytes.
  package static let byteLimit = 4 << 20

  /// The archive's name at the store.
  package let name: String
  /// The genesis record; `nil` while the archive is empty.
  package let genesis: [UInt8]?
  /// The store whose log this is.
  package let store: StoreID
  /// Changes in the log.
  package let position: UInt64
  /// The running check over them.
  package let check: Hash
  /// The digest of the store's frontier there.
  package let frontier: Hash
  /// The state digest there, as `stet digest` prints it; `nil` from a hub, which computes none.
  package let state: String?
  /// When the backup was made, ms since 1970-01-01 UTC.
  package let time: Int64
  /// How many bytes of each segment count, in order.
  package let segments: [Int]
  package let remotes: [Remote]

  /// The place in the store's log up to which the backup goes.
  package var cursor: Cursor { Cursor(store: store, position: position, check: check.prefix) }

  package init(
    name: String,
    genesis: [UInt8]?,
    store: StoreID,
    position: UInt64,
    check: Hash,
    frontier: Hash,
    state: String?,
    time: Int64,
    segments: [Int],
    remotes: [Remote]
  ) {
    self.name = name
    self.genesis = genesis
    self.store = store
    self.position = position
    self.check = check
    self.frontier = frontier
    self.state = state
    self.time = time
    self.segments = segments
    self.remotes = remotes
  }

  // MARK: - Bytes

  /// The manifest's bytes.
  package func encoded() throws -> [UInt8] {
    try HashedLine.encoded(JSONManifest(self))
  }

  /// Reads a manifest that came from somewhere.
  ///
  /// - Throws: `LogFailure`.
  package init(_ bytes: [UInt8]) throws {
    guard bytes.count <= Self.byteLimit else { throw LogFailure.tooLarge("manifest") }
    let line = try HashedLine.line(of: bytes, part: "manifest")
    guard let version = try? JSONDecoder().decode(JSONVersion.self, from: line) else {
      throw LogFailure.malformed("manifest")
    }
    guard version.format == Self.format else { throw LogFailure.unsupported("manifest") }
    guard let manifest = try? JSONDecoder().decode(JSONManifest.self, from: line).manifest
    else { throw LogFailure.malformed("manifest") }
    self = manifest
  }
}

/// The part of a manifest that stays the same in every format.
private struct JSONVersion: Decodable {
  let format: Int
}

/// The first line of a manifest, key by key.
private struct JSONManifest: Codable {
  let format: Int
  let name: String
  let genesis: String?
  let store: String
  let position: UInt64
  let check: String
  let frontier: String
  let state: String?
  let time: Int64
  let segments: [Int]
  let remotes: [LogBackupManifest.Remote]

  init(_ manifest: LogBackupManifest) {
    format = LogBackupManifest.format
    name = manifest.name
    genesis = manifest.genesis?.hex
    store = manifest.store.bytes.hex
    position = manifest.position
    check = manifest.check.bytes.hex
    frontier = manifest.frontier.bytes.hex
    state = manifest.state
    time = manifest.time
    segments = manifest.segments
    remotes = manifest.remotes
  }

  /// The manifest; `nil` when a value is not what its key promises.
  var manifest: LogBackupManifest? {
    guard Genesis.isAcceptable(name: name),
      let store = [UInt8](hex: store).flatMap({ StoreID($0) }),
      let check = [UInt8](hex: check).flatMap({ Hash($0) }),
      let frontier = [UInt8](hex: frontier).flatMap({ Hash($0) }),
      position <= UInt64(Int64.max), segments.allSatisfy({ $0 >= 0 })
    else { return nil }
    let genesis = genesis.map { [UInt8](hex: $0) }
    if case .some(nil) = genesis { return nil }
    return LogBackupManifest(
      name: name,
      genesis: genesis.flatMap(\.self),
      store: store,
      position: position,
      check: check,
      frontier: frontier,
      state: state,
      time: time,
      segments: segments,
      remotes: remotes
    )
  }
}
