/// The bounds of importing, in bytes after inflating where not said otherwise.
enum ImportLimits {
  static let pageByteLimit = 8 << 20
  /// Without its line break.
  static let lineByteLimit = 1 << 20
  /// How much JSON Lines input is read by one core at a time.
  static let partByteCount = 1 << 20
  /// How many lines: what is made of a line takes memory, however short it is.
  static let partLineCount = 1 << 14
  /// Parts that are being read, or wait to be taken.
  static let batchCount = 4
  /// As many more as all cores are done with in about the time of a transaction's end.
  static let extraBatchCount = 12
  /// How much is read from a file in one go, as stored.
  static let readByteCount = 256 << 10
  /// JSON arrays and objects in each other.
  static let nestingLimit = 64
}
