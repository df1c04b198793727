internal import Foundation
package import GRDB

/// Which write-ahead log belongs to which main file.
///
/// A process that is killed leaves its write-ahead log (WAL), and the next connection plays it into
/// the main file. SQLite does so whatever that file is: the WAL's frames carry a salt and checksums of
/// their own, but nothing of the file that they were written over (file format, 4.1, *WAL File
/// Format*). An older copy put in the file's place would become a mixture of both.
///
/// So each file has a row that every transaction rewrites, with a random number for the state that it
/// leaves and the one for the state that it found:
///
///     pairing = id 1, previous (8 bytes), current (8 bytes), checksum      alone on a leaf of its own
///
/// A main file that has the WAL's pages under it holds, in `current`, one of
/// - `previous` of the first such row in the WAL, as long as no checkpoint has come to that page;
/// - `current` of one of the rows in the WAL, when a checkpoint, complete or broken off, has.
/// Every other number that is there whole is that of another state, older, newer, or of another file.
///
/// **Only that proves a WAL foreign.** A row that is missing or damaged on either side, as after
/// a flipped bit or a write that was torn, or in a WAL of transactions without a row, proves nothing: the
/// WAL may hold the only copy of what somebody wrote, and is played in as SQLite would.
/// A torn write does not make a whole row of a number that never was: the row lies alone at its page's
/// end, in one sector, and its checksum covers it.
package enum WALPairing {
  static let table = LocalTable("pairing", ["id", "previous", "current"], isSingle: true)

  /// Makes the table and its row.
  ///
  /// A step of the migrations: what it does is never changed.
  package static func create(_ db: Database) throws {
    try db.execute(
      sql: """
        -- One row, rewritten by every transaction: it tells which WAL belongs to this file.
        CREATE TABLE pairing (
          id INTEGER PRIMARY KEY CHECK (id = 1),
          previous BLOB NOT NULL CHECK (length(previous) = 8),
          current BLOB NOT NULL CHECK (length(current) = 8),
          checksum INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        """
    )
    // The first transaction goes on from here to numbers of its own.
    let none = Data(count: 8).databaseValue
    let values = [1.databaseValue, none, none]
    try db.execute(
      sql: "INSERT INTO pairing (id, previous, current, checksum) VALUES (?, ?, ?, ?)",
      arguments: StatementArguments(
        values + [Int64(RowChecksum.checksum(of: values)).databaseValue]
      )
    )
    try RowChecksum.keep(in: table.name, over: table.columns, db)
  }

  /// Goes on to the next state, in the transaction that leads there.
  static func renew(_ db: Database) throws {
    try db.cachedStatement(sql: "UPDATE pairing SET previous = current, current = randomblob(8)")
      .execute()
  }

  // MARK: - Judging

  /// Whether it is proven that a WAL was not written over a main file.
  ///
  /// - Parameters:
  ///   - wal: of which nobody writes any more.
  ///   - main: reads so many bytes of the main file from an offset on, fewer at its end.
  /// - Returns: `false` also where nothing is proven.
  static func isForeign(
    _ wal: FileBytes,
    to main: (_ offset: Int, _ count: Int) -> [UInt8]?
  ) -> Bool {
    guard let pageSize = WriteAheadLog.pageSize(of: wal) else { return false }
    let frames = WriteAheadLog(wal, pageSize: pageSize).frames
    let rows = frames.map { PairingRow(inPageAt: $0.offset, wal.read) }
    // SQLite plays in what comes before the first frame that its checksum does not vouch for.
    let playedCount = frames.prefix(while: \.isVerified).count
    guard let place = rows.prefix(playedCount).firstIndex(where: { $0 != nil }),
      let first = rows[place], case let page = frames[place].page, page > 0,
      zip(frames, rows).allSatisfy({ ($0.page == page) == ($1 != nil) }),
      let own = PairingRow(inPageAt: (page - 1) * pageSize, main)
    else { return false }
    return own.current != first.previous && !rows.contains { $0?.current == own.current }
  }
}

/// The row of ``WALPairing`` as it lies in a page.
private struct PairingRow {
  let previous: [UInt8]
  let current: [UInt8]

  private static let shape = RecordShape([
    .key, .blob(byteCount: 8), .blob(byteCount: 8), .integer,
  ])
  /// Payload size, key, and a record of five bytes' header, two numbers and the checksum.
  private static let cellByteLimit = 32

  /// Reads it from the leaf of a table that has no other row (file format, 1.6).
  ///
  ///     page = 0x0D, first freeblock (2), cell count (2), begin of cells (2), fragments (1), cell offset (2) …
  ///     cell = payload size, key, record
  ///
  /// - Returns: `nil` where there is no such row, or none that its checksum vouches for.
  init?(inPageAt page: Int, _ read: (_ offset: Int, _ count: Int) -> [UInt8]?) {
    guard let header = read(page, 10), header.count == 10, header[0] == 0x0D,
      header[3] == 0, header[4] == 1
    else { return nil }
    let place = Int(header[8]) << 8 | Int(header[9])
    var offset = 0
    guard let cell = read(page + place, Self.cellByteLimit),
      let size = Varint.read(cell, at: &offset),
      Varint.read(cell, at: &offset) == 1, size <= UInt64(cell.count - offset),
      let record = RecordHeader(cell, at: offset), record.fits(Self.shape),
      record.payloadByteCount == Int(size),
      case let values = record.values(in: Array(cell[offset..<(offset + Int(size))])),
      values.count == 4, case .blob(let previous) = values[1], case .blob(let current) = values[2],
      case .integer(let checksum) = values[3]
    else { return nil }
    let covered = [1.databaseValue, Data(previous).databaseValue, Data(current).databaseValue]
    guard checksum == Int64(RowChecksum.checksum(of: covered)) else { return nil }
    self.previous = previous
    self.current = current
  }
}
