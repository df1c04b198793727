internal import ChangeLog
internal import Foundation

/// Where an archive is served: `stet://HOST:PORT/ARCHIVE`.
package struct SyncAddress: Hashable, Sendable {
  package static let defaultPort = 7474

  package let host: String
  package let port: Int
  package let archive: String

  /// Reads an address; `nil` when it is none.
  package init?(_ text: String) {
    guard let components = URLComponents(string: text), components.scheme == "stet",
      let host = components.host, !host.isEmpty, components.query == nil,
      components.user == nil, components.fragment == nil
    else { return nil }
    let archive = String(components.path.drop { $0 == "/" })
    guard Genesis.isAcceptable(name: archive) else { return nil }
    self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
    port = components.port ?? Self.defaultPort
    self.archive = archive
    guard (1...65_535).contains(port) else { return nil }
  }
}

/// Which hosts plain TCP may go to: only this machine, because nothing on the way is encrypted.
package enum Loopback {
  package static func contains(_ host: String) -> Bool {
    if host == "localhost" || host == "::1" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }
}
