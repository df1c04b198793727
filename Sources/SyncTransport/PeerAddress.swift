internal import ChangeLog

/// Where a peer answers.
package enum PeerAddress: Hashable, Sendable {
  /// `stet://HOST:PORT/ARCHIVE`.
  case tcp(SyncAddress)
  /// `ssh://[USER@]HOST[:PORT]/PATH`.
  case ssh(SSHAddress)
  /// `exec:COMMAND`, a shell command that answers on its stdin and stdout.
  ///
  /// Never kept in an archive: its file may come from somebody else.
  case command(String)

  /// Reads an address; `nil` when it is none.
  package init?(_ text: String) {
    let prefix = "exec:"
    if let address = SyncAddress(text) {
      self = .tcp(address)
    } else if let address = SSHAddress(text) {
      self = .ssh(address)
    } else if text.hasPrefix(prefix), !text.utf8.contains(0),
      text.dropFirst(prefix.count).contains(where: { !$0.isWhitespace })
    {
      self = .command(String(text.dropFirst(prefix.count)))
    } else {
      return nil
    }
  }

  package var isCommand: Bool {
    if case .command = self { true } else { false }
  }

  /// Whether somebody who types this means an address and no name.
  package static func isMeant(by text: String) -> Bool {
    text.contains("://") || text.hasPrefix("exec:")
  }

  /// What the archive's file is called there; `nil` for a command, which may be anything.
  package var archiveName: String? {
    switch self {
    case .tcp(let address): address.archive
    case .ssh(let address): Self.stem(address.fileName)
    case .command: nil
    }
  }

  /// What the archive is called in a greeting, where only letters, digits and a few signs may stand.
  package var greetingName: String {
    guard let name = archiveName, Genesis.isAcceptable(name: name) else { return "archive" }
    return name
  }

  private static func stem(_ fileName: String) -> String {
    let suffix = ".stet"
    return fileName.hasSuffix(suffix) && fileName.count > suffix.count
      ? String(fileName.dropLast(suffix.count)) : fileName
  }
}
