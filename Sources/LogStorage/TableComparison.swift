internal import Foundation
package import GRDB

/// Compares a table of a file with the same one made anew, row by row.
package struct TableComparison {
  private let table: String
  /// As they are selected: text as bytes, because `String` has several that count as equal.
  private let columns: [String]
  private let keys: [String]

  /// - `ignoring`: columns that are not compared.
  /// - `model`: a database that has the table as stet makes it.
  package init(_ table: String, ignoring: Set<String> = [], model: Database) throws {
    self.table = table
    let columns = try Row.fetchAll(
      model,
      sql: "SELECT name, type, pk FROM pragma_table_info(?)",
      arguments: [table]
    )
    .map {
      (
        name: try $0.decode(atIndex: 0) as String, type: try $0.decode(atIndex: 1) as String,
        key: try $0.decode(atIndex: 2) as Int
      )
    }
    self.columns = columns.filter { !ignoring.contains($0.name) }
      .map { $0.type == "TEXT" ? "CAST(\($0.name) AS BLOB)" : $0.name }
    let keys = columns.filter { $0.key > 0 }.sorted { $0.key < $1.key }.map(\.name)
    self.keys = keys.isEmpty ? columns.map(\.name) : keys
  }

  /// The key of the first row that the file does not have as it should be, or else of the first that it
  /// has besides; `nil` when the tables are equal.
  package func firstDifference(_ file: Database, _ model: Database) throws -> String? {
    let selection = (columns + keys.map { "CAST(\($0) AS BLOB)" }).joined(separator: ", ")
    let sql = "SELECT \(selection) FROM \(table) ORDER BY \(keys.joined(separator: ", "))"
    let rows = try Row.fetchCursor(file, sql: sql)
    let expected = try Row.fetchCursor(model, sql: sql)
    while true {
      let row = try rows.next()
      let model = try expected.next()
      if row == nil, model == nil { return nil }
      guard let row, let model, row.databaseValues.elementsEqual(model.databaseValues) else {
        return (model ?? row).map(key)
      }
    }
  }

  private func key(_ row: Row) -> String {
    row.databaseValues.dropFirst(columns.count).map { value in
      let bytes = Data.fromDatabaseValue(value) ?? Data()
      let isReadable = bytes.allSatisfy { (0x20..<0x7F).contains($0) }
      return isReadable
        ? String(decoding: bytes, as: UTF8.self) : bytes.prefix(16).map { hex($0) }.joined()
    }.joined(separator: " ")
  }

  private func hex(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16)
    return digits.count == 1 ? "0" + digits : digits
  }
}
