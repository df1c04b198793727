internal import ChangeLog
internal import Foundation
package import GRDB

/// Checksums of rows that nothing else could tell: what is derived from the log can be compared with
/// it, what only this machine knows cannot.
///
/// The checksum is the CRC-32 over the row's values, each as 8 bytes of length (big-endian, all ones
/// for NULL) and its bytes, numbers in decimal digits. The database keeps it up itself, by triggers,
/// so no statement can forget it.
package enum RowChecksum {
  /// The SQL function that the triggers call; every connection of ``SQLiteFile`` has it.
  static let function = DatabaseFunction("row_checksum", pure: true) { values in
    Int64(checksum(of: values))
  }

  /// Sees to it that `checksum` is right in every row that is inserted or updated.
  ///
  /// - `columns`: all columns of the table but `checksum`.
  package static func keep(in table: String, over columns: [String], _ db: Database) throws {
    for event in ["INSERT", "UPDATE OF \(columns.joined(separator: ", "))"] {
      try db.execute(
        sql: """
          CREATE TRIGGER \(table)_checksum_after_\(event.prefix(6).lowercased())
          AFTER \(event) ON \(table) BEGIN
            UPDATE \(table) SET checksum = \(expression(columns)) WHERE rowid = NEW.rowid;
          END
          """
      )
    }
  }

  /// The checksum of the values of some columns, in SQL.
  static func expression(_ columns: [String]) -> String {
    // As blobs: a TEXT value would end at its first NUL on the way into the function.
    "row_checksum(\(columns.map { "CAST(\($0) AS BLOB)" }.joined(separator: ", ")))"
  }

  static func checksum(of values: [DatabaseValue]) -> UInt32 {
    var bytes: [UInt8] = []
    for value in values {
      let content: Data? =
        switch value.storage {
        case .null: nil
        case .int64(let number): Data("\(number)".utf8)
        case .double(let number): Data("\(number)".utf8)
        case .string(let text): Data(text.utf8)
        case .blob(let data): data
        }
      let length = content.map { UInt64($0.count) } ?? .max
      withUnsafeBytes(of: length.bigEndian) { bytes.append(contentsOf: $0) }
      if let content { bytes.append(contentsOf: content) }
    }
    return Deflate.checksum(bytes)
  }
}

/// A table of rows that carry a checksum.
package struct LocalTable: Sendable {
  package let name: String
  /// What the checksum covers, in order.
  package let columns: [String]
  /// Whether it always has one row.
  package let isSingle: Bool

  package init(_ name: String, _ columns: [String], isSingle: Bool) {
    self.name = name
    self.columns = columns
    self.isSingle = isSingle
  }
}
