internal import Foundation

/// An archive's file on a machine that one logs in to: `ssh://[USER@]HOST[:PORT]/PATH`.
///
/// The path begins at the root; after `/~/`, at the user's home, as in git.
package struct SSHAddress: Hashable, Sendable {
  /// `HOST` or `USER@HOST`, for ssh.
  ///
  /// Never begins with `-`: ssh would take `-oProxyCommand=…` for an option and run it.
  package let destination: String
  package let port: Int?
  package let path: String

  /// Reads an address; `nil` when it is none.
  package init?(_ text: String) {
    let scheme = "ssh://"
    guard text.hasPrefix(scheme) else { return nil }
    let rest = text.dropFirst(scheme.count)
    guard let slash = rest.firstIndex(of: "/"),
      let login = Login(String(rest[..<slash])),
      let path = String(rest[slash...]).removingPercentEncoding,
      let file = Self.file(path)
    else { return nil }
    destination = login.destination
    port = login.port
    self.path = file
  }

  private static func file(_ path: String) -> String? {
    guard !path.utf8.contains(0), !path.hasSuffix("/") else { return nil }
    if path.hasPrefix("/~/") { return String(path.dropFirst(3)) }
    // Somebody else's home: nobody there would resolve it.
    return path.hasPrefix("/~") ? nil : path
  }

  /// The part of the path that names the file.
  package var fileName: String { path.split(separator: "/").last.map(String.init) ?? path }
}

/// Who logs in where.
private struct Login {
  let destination: String
  let port: Int?

  init?(_ text: String) {
    var host = Substring(text)
    var user: Substring?
    if let at = text.lastIndex(of: "@") {
      user = text[..<at]
      host = text[text.index(after: at)...]
    }
    var port: Substring?
    if host.hasPrefix("["), let bracket = host.lastIndex(of: "]") {
      let rest = host[host.index(after: bracket)...]
      guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
      if rest.hasPrefix(":") { port = rest.dropFirst() }
      host = host[host.index(after: host.startIndex)..<bracket]
      guard Self.isWord(host, of: ".:-%_") else { return nil }
    } else {
      if let colon = host.lastIndex(of: ":") {
        port = host[host.index(after: colon)...]
        host = host[..<colon]
      }
      guard Self.isWord(host, of: ".-_") else { return nil }
    }
    if let user, !Self.isWord(user, of: ".-_+@") { return nil }
    if let port {
      guard port.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(port),
        (1...65_535).contains(number)
      else { return nil }
      self.port = number
    } else {
      self.port = nil
    }
    destination = (user.map { $0 + "@" } ?? "") + host
  }

  /// Letters and digits of ASCII and some others, and no option of a program.
  ///
  /// ssh's own configuration may hand user and host to a shell.
  private static func isWord(_ text: Substring, of others: String) -> Bool {
    !text.isEmpty && !text.hasPrefix("-")
      && text.unicodeScalars.allSatisfy { scalar in
        scalar.isASCII && scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
          || others.unicodeScalars.contains(scalar)
      }
  }
}
