import Foundation
import ReplicaStorage
import SyncTransport

/// Reads addresses that people type, and those that an archive keeps.
enum RemoteAddress {
  static func parse(_ text: String) throws -> PeerAddress {
    guard let address = PeerAddress(text) else {
      throw VerbFailure(
        .usage,
        "\"\(text)\" is not an address: write stet://HOST:PORT/ARCHIVE, ssh://[USER@]HOST/FILE or "
          + "exec:COMMAND"
      )
    }
    return address
  }

  /// Reads an address that stands in an archive, or shall stand there.
  static func parseKept(_ text: String) throws -> PeerAddress {
    let address = try parse(text)
    guard address.isCommand else { return address }
    throw VerbFailure(
      .usage,
      "an archive keeps no exec: address, because its file may come from somebody else and the "
        + "command would run: give it to the verb, as in 'stet sync \"exec:COMMAND\"'"
    )
  }

  /// The address of a remote, which either has a name and is kept, or was typed just now.
  static func of(_ remote: Remote) throws -> PeerAddress {
    try remote.name.isEmpty ? parse(remote.address) : parseKept(remote.address)
  }
}

extension PeerCommand {
  /// `stet serve --stdio` on another machine, as this user wants it reached.
  static func configured(to address: SSHAddress) -> PeerCommand {
    .ssh(
      to: address,
      ssh: setting("STET_SSH") ?? "ssh",
      program: setting("STET_SSH_PROGRAM") ?? "stet"
    )
  }

  private static func setting(_ name: String) -> String? {
    ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
  }
}
