package import ChangeLog
package import CRDT
internal import Foundation

/// What can be read out of a database file of ours that is damaged, without any trust in it.
///
/// Written from the SQLite file format, https://sqlite.org/fileformat2.html (1.6 *B-tree Pages*, 2.1
/// *Record Format*). Nothing that leads to a row is needed: neither the file's header, the schema or
/// the interior pages, nor the header, cell pointers and cell sizes of the page that holds it. Every
/// offset of every version of every page is tried as the beginning of a record, and counts where the
/// record has the shape of a row of ours; its values follow, and their overflow pages. So a damaged
/// place costs the rows that it is in.
///
/// What is found is not trusted either: a pack counts when both its checksums hold, and enters a log
/// only through the gate. Rows that have no such proof (remotes) are read from whole pages only.
package final class PageSalvage {
  /// A row of packs, or of packs that an earlier repair set aside.
  fileprivate struct PackRow {
    /// In the damaged file's log, as far as one can tell; beyond it for a pack that was set aside.
    let position: Int64
    let version: DamagedPages.Version
    let offset: Int
    let column: Int
    let payloadByteCount: Int
  }

  /// What a row of `lanes` says: the lane had these changes.
  package struct LaneClaim: Hashable, Sendable {
    package let lane: LaneID
    package let firstSeq: UInt64
    package let lastSeq: UInt64
    /// Of the last change.
    package let hash: Hash
    /// The lane of the key, by which packs name the changes: another one for a forked key's branch.
    package let root: LaneID
  }

  /// The log's own row: its store, and what was the genesis record if no bit of it has flipped.
  package struct LogRow: Hashable, Sendable {
    package let store: StoreID
    package let genesis: [UInt8]
  }

  package private(set) var lanes: Set<LaneClaim> = []
  package private(set) var logs: Set<LogRow> = []
  /// Rows of other tables, by the shape that was asked for.
  package private(set) var rows: [[[SalvagedValue]]]
  private var packRows: [PackRow] = []
  /// What mending came to, by position.
  private var mendedPacks: [Int64: SalvagedPack?] = [:]
  private let pages: DamagedPages

  /// Goes through a file.
  ///
  /// - `path`: of the main file, whose `-wal` is read where there is one; or of a write-ahead log alone.
  /// - `shapes`: of other tables whose rows are wanted.
  /// Returns `nil` when the file cannot be read at all.
  package static func scan(_ path: String, for shapes: [RecordShape] = []) -> PageSalvage? {
    guard let main = FileBytes(path) else { return nil }
    if let pageSize = WriteAheadLog.pageSize(of: main) {
      return PageSalvage(DamagedPages(main: nil, wal: main, pageSize: pageSize), for: shapes)
    }
    let wal = FileBytes(path + "-wal")
    func scan(_ pageSize: Int) -> PageSalvage {
      PageSalvage(DamagedPages(main: main, wal: wal, pageSize: pageSize), for: shapes)
    }
    if let size = DamagedPages.namedPageSize(of: main), case let salvage = scan(size),
      salvage.countOpening() > 0
    {
      return salvage
    }
    // The size that fits is the one with which packs open.
    var best: (salvage: PageSalvage, count: Int)?
    for salvage in DamagedPages.pageSizes.lazy.map(scan) {
      let count = salvage.countOpening()
      if count > best?.count ?? -1 { best = (salvage, count) }
    }
    return best?.salvage
  }

  /// How many of some packs open: of the longest, which do so only with the right page size.
  private func countOpening() -> Int {
    packRows.sorted { $0.payloadByteCount > $1.payloadByteCount }.prefix(64)
      .count { pack(in: $0) != nil }
  }

  private init(_ pages: DamagedPages, for shapes: [RecordShape]) {
    self.pages = pages
    rows = shapes.map { _ in [] }
    pages.forEachVersion { version, page, isLatest in
      takeRecords(of: page, version)
      if isLatest { takeCells(of: page, shapes) }
    }
    // Newer versions of a row first.
    packRows = packRows.enumerated()
      .sorted { ($0.element.position, -$0.offset) < ($1.element.position, -$1.offset) }
      .map(\.element)
  }

  // MARK: - Packs

  /// A pack that opens.
  package struct SalvagedPack: Sendable {
    package let bytes: [UInt8]
    package let pack: Pack
  }

  /// Goes through the packs that open, each once, in the order of their positions.
  ///
  /// - Parameter body: gets each with the fact whether it stood in the log; `false` ends it.
  package func forEachPack(
    _ body: (SalvagedPack, _ isOfLog: Bool) throws -> Bool
  ) rethrows {
    var seen: Set<Hash> = []
    for rows in packRows.chunked(by: { $0.position == $1.position && $0.position != .max }) {
      var packs = rows.lazy.compactMap { self.pack(in: $0) }.makeIterator()
      var found = packs.next() ?? rows.first.flatMap(mended)
      while let pack = found {
        if seen.insert(Hash(of: pack.bytes)).inserted {
          guard try body(pack, rows.first?.position != .max) else { return }
        }
        found = packs.next()
      }
    }
  }

  private func pack(in row: PackRow) -> SalvagedPack? {
    for bytes in candidates(of: row) {
      if let pack = try? Pack(bytes) { return SalvagedPack(bytes: bytes, pack: pack) }
    }
    return nil
  }

  /// A pack of which no version opens, mended.
  private func mended(_ row: PackRow) -> SalvagedPack? {
    if let known = mendedPacks[row.position] { return known }
    let mended = candidates(of: row).lazy.compactMap(PackMending.mended).first
    mendedPacks[row.position] = .some(mended)
    return mended
  }

  /// What may be a row's pack, by the versions of its overflow pages.
  private func candidates(of row: PackRow) -> [[UInt8]] {
    guard let page = pages.bytes(of: row.version), let header = RecordHeader(page, at: row.offset)
    else { return [] }
    // A row that lies in one page is the same in every view.
    let isLocal = header.payloadByteCount <= pages.pageSize - 35
    var candidates: [[UInt8]] = []
    for view in DamagedPages.View.allCases.prefix(isLocal ? 1 : .max) {
      guard let payload = payload(of: header, in: page, at: row.offset, view),
        case let values = header.values(in: payload), values.indices.contains(row.column),
        case .blob(let bytes) = values[row.column], !candidates.contains(bytes)
      else { continue }
      candidates.append(bytes)
    }
    return candidates
  }

  // MARK: - Looking for rows

  private static let packShape = RecordShape([
    .key, .integer, .optional(.integer), .blob(), .blob(), .blob(),
  ])
  private static let heldShape = RecordShape([
    .key, .blob(byteCount: StoreID.byteCount), .blob(), .integer, .integer, .text,
  ])
  private static let laneShape = RecordShape([
    .key, .blob(byteCount: LaneID.byteCount), .blob(byteCount: PublicKey.byteCount),
    .blob(byteCount: PublicKey.byteCount), .integer,
  ])
  private static let logShape = RecordShape([.key, .blob(byteCount: StoreID.byteCount), .blob()])

  /// Tries every offset of a page.
  private func takeRecords(of page: [UInt8], _ version: DamagedPages.Version) {
    // All of these rows begin with their key: a header of a few bytes, then type 0.
    for offset in 0..<(page.count - 1) where page[offset + 1] == 0 && page[offset] > 2 {
      guard let header = RecordHeader(page, at: offset) else { continue }
      func take(at position: Int64, column: Int) {
        packRows.append(
          PackRow(
            position: position,
            version: version,
            offset: offset,
            column: column,
            payloadByteCount: header.payloadByteCount
          )
        )
      }
      if header.fits(Self.packShape) {
        take(at: Varint.before(offset, in: page) ?? 0, column: 3)
      } else if header.fits(Self.heldShape) {
        take(at: .max, column: 2)
      } else if header.fits(Self.laneShape) {
        takeLane(values(of: header, in: page, at: offset))
      } else if header.fits(Self.logShape) {
        takeLog(values(of: header, in: page, at: offset))
      }
    }
  }

  private func takeLane(_ values: [SalvagedValue]) {
    guard values.count > 5, case .blob(let name) = values[1], let lane = LaneID(name) else {
      return
    }
    var seqs: [UInt64] = []
    for (place, value) in values.enumerated().dropFirst(4) {
      switch value {
      case .integer(let seq) where seq > 0: seqs.append(UInt64(seq))
      case .blob(let bytes):
        guard let last = seqs.last, let hash = Hash(bytes) else { return }
        var root = lane
        if values.count > place + 1, case .blob(let name) = values[place + 1] {
          root = LaneID(name) ?? lane
        }
        lanes.insert(
          LaneClaim(lane: lane, firstSeq: min(seqs[0], last), lastSeq: last, hash: hash, root: root)
        )
        return
      case .integer, .null, .real, .text: return
      }
    }
  }

  private func takeLog(_ values: [SalvagedValue]) {
    guard values.count > 2, case .blob(let name) = values[1], let store = StoreID(name),
      case .blob(let genesis) = values[2], genesis.count <= FormatLimits.genesisByteLimit
    else { return }
    logs.insert(LogRow(store: store, genesis: genesis))
  }

  /// Reads the cells of a page that is, or was before one bit flipped, a leaf of a table (1.6).
  ///
  ///     page = type (0x0D), first freeblock (2), cell count (2), begin of cells (2), fragments (1),
  ///            cell pointers (2 each) … cells
  private func takeCells(of page: [UInt8], _ shapes: [RecordShape]) {
    guard !shapes.isEmpty, (page[0] ^ 0x0D).nonzeroBitCount <= 1 else { return }
    var offsets: Set<Int> = []
    let count = Int(page[3]) << 8 | Int(page[4])
    for place in 0..<min(count, (page.count - 8) / 2) {
      var offset = Int(page[8 + 2 * place]) << 8 | Int(page[9 + 2 * place])
      guard offsets.insert(offset).inserted, Varint.read(page, at: &offset) != nil,
        Varint.read(page, at: &offset) != nil, let header = RecordHeader(page, at: offset)
      else { continue }
      for (place, shape) in shapes.enumerated() where header.fits(shape) {
        let values = values(of: header, in: page, at: offset)
        if !values.isEmpty { rows[place].append(values) }
      }
    }
  }

  // MARK: - Reading a record

  private func values(of header: RecordHeader, in page: [UInt8], at offset: Int) -> [SalvagedValue]
  {
    payload(of: header, in: page, at: offset, .latest).map(header.values) ?? []
  }

  /// A record's bytes: those in the leaf, and a chain of overflow pages for the rest (1.6).
  ///
  /// The chain ends when there are as many bytes as the header says, so it cannot go round.
  private func payload(
    of header: RecordHeader,
    in page: [UInt8],
    at offset: Int,
    _ view: DamagedPages.View
  ) -> [UInt8]? {
    let count = header.payloadByteCount
    let localCount = localByteCount(ofPayload: count)
    guard offset + localCount <= page.count else { return nil }
    var payload = Array(page[offset..<(offset + localCount)])
    guard localCount < count else { return payload }
    guard offset + localCount + 4 <= page.count else { return nil }
    payload.reserveCapacity(count)
    var next = page.bigEndian32(at: offset + localCount)
    while payload.count < count {
      guard next > 0, let overflow = pages.page(Int(next), in: view) else { return nil }
      next = overflow.bigEndian32(at: 0)
      payload += overflow[4..<(4 + min(count - payload.count, overflow.count - 4))]
    }
    return payload
  }

  /// How much of a payload stands in the leaf of a table.
  private func localByteCount(ofPayload count: Int) -> Int {
    let usable = pages.pageSize
    guard count > usable - 35 else { return count }
    let least = (usable - 12) * 32 / 255 - 23
    let filled = least + (count - least) % (usable - 4)
    return filled <= usable - 35 ? filled : least
  }
}

extension Array {
  /// The array in parts of which every element belongs to the one before it.
  fileprivate func chunked(by belong: (Element, Element) -> Bool) -> [ArraySlice<Element>] {
    var chunks: [ArraySlice<Element>] = []
    var start = 0
    for place in indices where place + 1 == count || !belong(self[place], self[place + 1]) {
      chunks.append(self[start...place])
      start = place + 1
    }
    return chunks
  }
}
