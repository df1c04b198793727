package import ChangeLog
internal import Foundation

/// What a bundle says of itself, before its packs.
///
/// Normative: `Protocol/bundle.md`. Two lines: a JSON object, and the SHA-256 of the first line in
/// hexadecimal digits.
package struct BundleHead: Sendable {
  /// The number of the format.
  package static let format = 1
  /// The first bytes of a bundle.
  static let preface = Array("stet/1 bundle\r\n".utf8)
  /// Both lines, bytes.
  package static let byteLimit = 4096

  package let genesis: Genesis
  /// Where the packs begin in the log of the store that made the bundle: behind this place.
  package let begin: Cursor
  /// Where that log ended.
  package let end: Cursor
  /// The digest of the store's frontier there.
  package let frontier: Hash
  /// Packs that this store brought are left out: the bundle is made for one who knows its log.
  package let omitted: StoreID?
  package let packCount: Int
  /// Changes in the packs.
  package let changeCount: UInt64
  /// Bytes of the segment.
  package let byteCount: Int
  /// When the bundle was made, ms since 1970-01-01 UTC.
  package let time: Int64

  package init(
    genesis: Genesis,
    begin: Cursor,
    end: Cursor,
    frontier: Hash,
    omitted: StoreID?,
    packCount: Int,
    changeCount: UInt64,
    byteCount: Int,
    time: Int64
  ) {
    self.genesis = genesis
    self.begin = begin
    self.end = end
    self.frontier = frontier
    self.omitted = omitted
    self.packCount = packCount
    self.changeCount = changeCount
    self.byteCount = byteCount
    self.time = time
  }

  // MARK: - Bytes

  /// The preface and both lines.
  package func encoded() throws -> [UInt8] {
    Self.preface + (try HashedLine.encoded(JSONHead(self)))
  }

  /// Reads a head that came from somewhere.
  ///
  /// - `bytes`: the beginning of a bundle, of which the head may be a part.
  /// Returns the head, and how many bytes it has with the preface; `nil` for what does not begin as a
  /// bundle.
  /// Throws: `LogFailure`.
  package static func read(_ bytes: [UInt8]) throws -> (head: BundleHead, byteCount: Int)? {
    guard bytes.starts(with: preface) else { return nil }
    let rest = bytes.dropFirst(preface.count)
    guard let lineEnd = rest.firstIndex(of: UInt8(ascii: "\n")) else {
      throw LogFailure.damaged("head")
    }
    let end = min(lineEnd + HashedLine.hashByteCount, bytes.count)
    let lines = Array(bytes[preface.count..<end])
    guard lines.count <= byteLimit else { throw LogFailure.tooLarge("head") }
    let line = try HashedLine.line(of: lines, part: "head")
    guard let version = try? JSONDecoder().decode(JSONVersion.self, from: line) else {
      throw LogFailure.malformed("head")
    }
    guard version.format == format else { throw LogFailure.unsupported("bundle") }
    guard let head = try? JSONDecoder().decode(JSONHead.self, from: line).head else {
      throw LogFailure.malformed("head")
    }
    return (head, end)
  }
}

/// The part of a head that stays the same in every format.
private struct JSONVersion: Decodable {
  let format: Int
}

/// The first line of a head, key by key.
private struct JSONHead: Codable {
  struct Place: Codable {
    let position: UInt64
    let check: String
  }

  let format: Int
  let genesis: String
  let store: String
  let begin: Place
  let end: Place
  let frontier: String
  let omitted: String?
  let packs: Int
  let changes: UInt64
  let bytes: Int
  let time: Int64

  init(_ head: BundleHead) {
    format = BundleHead.format
    genesis = head.genesis.bytes.hex
    store = head.end.store.bytes.hex
    begin = Place(position: head.begin.position, check: head.begin.check.hex)
    end = Place(position: head.end.position, check: head.end.check.hex)
    frontier = head.frontier.bytes.hex
    omitted = head.omitted?.bytes.hex
    packs = head.packCount
    changes = head.changeCount
    bytes = head.byteCount
    time = head.time
  }

  /// The head; `nil` when a value is not what its key promises.
  var head: BundleHead? {
    guard let genesis = [UInt8](hex: genesis).flatMap({ try? Genesis($0) }),
      let store = [UInt8](hex: store).flatMap({ StoreID($0) }),
      let begin = begin.cursor(in: store), let end = end.cursor(in: store),
      begin.position <= end.position, changes <= end.position - begin.position,
      let frontier = [UInt8](hex: frontier).flatMap({ Hash($0) }),
      packs >= 0, UInt64(packs) <= changes, bytes >= LogBackupSegment.preface.count,
      bytes <= Int.max / 2
    else { return nil }
    let omitted = omitted.map { [UInt8](hex: $0).flatMap { StoreID($0) } }
    if case .some(nil) = omitted { return nil }
    return BundleHead(
      genesis: genesis,
      begin: begin,
      end: end,
      frontier: frontier,
      omitted: omitted.flatMap(\.self),
      packCount: packs,
      changeCount: changes,
      byteCount: bytes,
      time: time
    )
  }
}

extension JSONHead.Place {
  func cursor(in store: StoreID) -> Cursor? {
    guard position <= UInt64(Int64.max), let check = [UInt8](hex: check),
      check.count == Hash.prefixByteCount
    else { return nil }
    return Cursor(store: store, position: position, check: check)
  }
}
