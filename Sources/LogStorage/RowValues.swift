package import GRDB

extension Row {
  /// The value of a column, for a type that is an `Optional` also `nil`.
  ///
  /// GRDB's subscripts end the process where a row has no such value, and one flipped bit in a file
  /// makes a `NULL` of a number, or a text of a blob: a table's constraints are not looked at in reading.
  ///
  /// - `column`: counted from 0.
  /// - Throws: `StorageFailure.damaged`.
  package func value<Value: DatabaseValueConvertible>(
    _ column: Int
  ) throws(StorageFailure) -> Value {
    guard let value = Value.fromDatabaseValue(self[column] as DatabaseValue) else {
      throw .damagedRow
    }
    return value
  }
}
