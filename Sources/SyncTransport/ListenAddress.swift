/// Where a server listens: `HOST:PORT`, an IPv6 address in brackets.
package struct ListenAddress: Hashable, Sendable {
  package let host: String
  /// 0 lets the system choose.
  package let port: Int

  /// Reads an address; `nil` when it is none.
  package init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (0...65_535).contains(port)
    else { return nil }
    let host = text[..<colon]
    let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
    self.host = String(isBracketed ? host.dropFirst().dropLast() : host)
    self.port = port
  }
}
