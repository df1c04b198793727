/// How much of one object is in memory at once.
///
/// Whoever may write to an archive may give one object any number of values, and a megabyte that is sent
/// can be a gigabyte of them. Such an object is kept, merged row by row, digested row by row and passed
/// on; it is not shown.
struct ObjectBudget {
  /// Bytes of the rows of one object: a newspaper's longest live blog, with a version every minute of a
  /// day, has a quarter of it.
  static let byteLimit = 256 << 20
  /// What a row takes beside its bytes.
  private static let rowByteCount = 128

  struct Exceeded: Error {}

  private var left = byteLimit

  /// Takes the bytes of a row.
  ///
  /// - Throws: ``Exceeded``.
  mutating func take(_ byteCount: Int) throws(Exceeded) {
    left -= byteCount + Self.rowByteCount
    guard left >= 0 else { throw Exceeded() }
  }
}
