/// A program that answers a session on its stdin and stdout.
package struct PeerCommand: Hashable, Sendable {
  /// What it is started for, as people know it.
  package enum Purpose: Hashable, Sendable {
    case ssh(host: String)
    case command(String)
  }

  package let purpose: Purpose
  /// The path of a program, and its arguments.
  package let words: [String]

  /// A shell command.
  package static func shell(_ command: String) -> PeerCommand {
    PeerCommand(purpose: .command(command), words: ["/bin/sh", "-c", command])
  }

  /// `stet serve --stdio` on another machine.
  ///
  /// - `ssh`: a shell command that may have arguments, as git's `GIT_SSH_COMMAND`.
  /// - `program`: a shell command there.
  package static func ssh(
    to address: SSHAddress,
    ssh: String = "ssh",
    program: String = "stet"
  ) -> PeerCommand {
    // The archive's name is one word with its option, so that none is taken for an option itself.
    let remote = "\(program) serve --stdio --archive=\(ShellWord.quoted(address.path))"
    let port = address.port.map { ["-p", String($0)] } ?? []
    return PeerCommand(
      purpose: .ssh(host: address.destination),
      words: ["/bin/sh", "-c", "\(ssh) \"$@\"", ssh] + port + [address.destination, remote]
    )
  }
}

/// Words for a shell that reads them once.
enum ShellWord {
  /// The text as one word in single quotes; `!` stays outside of them, as in git's `quote.c`, for the
  /// shells that look for history there.
  static func quoted(_ text: String) -> String {
    var quoted = "'"
    for scalar in text.unicodeScalars {
      switch scalar {
      case "'", "!": quoted += "'\\\(scalar)'"
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "'"
  }
}
