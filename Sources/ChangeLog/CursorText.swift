extension Cursor: CustomStringConvertible {
  /// As people copy it: store id and check in hexadecimal digits, the position between them in decimal
  /// ones, with colons.
  package var description: String { "\(store.bytes.hex):\(position):\(check.hex)" }

  /// Reads what ``description`` gives; `nil` for anything else.
  package init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 3, let store = [UInt8](hex: String(parts[0])).flatMap({ StoreID($0) }),
      parts[1].utf8.allSatisfy({ (48...57).contains($0) }), let position = UInt64(parts[1]),
      position <= UInt64(Int64.max), let check = [UInt8](hex: String(parts[2])),
      check.count == Hash.prefixByteCount
    else { return nil }
    self.init(store: store, position: position, check: check)
  }
}
