import Foundation

/// A running `stet serve` on loopback.
final class PeerServer {
  let address: String
  private let started: Programs.Started
  private let complaints: () -> String

  /// - `environment`: of the program, more than it has anyway.
  init(of machine: Machine, environment: [String: String] = [:]) throws {
    started = try Programs.start(
      "stet",
      ["serve", "--listen", "127.0.0.1:0"],
      in: machine.folder,
      environment: environment
    )
    complaints = Programs.drain(started.complaints)
    // The first line on stdout is the address; it comes when the server listens.
    var line = Data()
    while !line.contains(UInt8(ascii: "\n")) {
      let bytes = started.output.fileHandleForReading.availableData
      guard !bytes.isEmpty else { throw CocoaError(.fileReadUnknown) }
      line.append(bytes)
    }
    address = String(decoding: line.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }

  func url(_ archive: String) -> String { "stet://\(address)/\(archive)" }

  /// Asks the server to stop, and waits for it.
  ///
  /// - Returns: its exit code, and what it said.
  func stop() -> (status: Int32, said: String) {
    started.process.terminate()
    started.process.waitUntilExit()
    return (started.process.terminationStatus, complaints())
  }

  deinit {
    if started.process.isRunning {
      kill(started.process.processIdentifier, SIGKILL)
      started.process.waitUntilExit()
    }
  }
}

/// A program in ssh's place: it notes its arguments and runs the command on another machine of the
/// same world, as that machine's user would.
struct FakeSSH {
  /// For `STET_SSH`.
  let command: String
  private let log: URL

  init(to machine: Machine, in world: World) throws {
    let script = world.folder.appending(path: "fake-ssh")
    log = world.folder.appending(path: "fake-ssh.log")
    let text = """
      #!/bin/sh
      printf '%s\\n' "$@" > '\(log.path)'
      while [ $# -gt 1 ]; do shift; done
      cd '\(machine.folder.path)'
      PATH='\(Programs.folder.path)':$PATH
      XDG_STATE_HOME='\(machine.folder.path)/state'
      STET_NAME='\(machine.folder.lastPathComponent)'
      export PATH XDG_STATE_HOME STET_NAME
      exec sh -c "$1"
      """
    try Data(text.utf8).write(to: script)
    command = "sh '\(script.path)'"
  }

  /// What it was called with the last time, a line each; `nil` when it was not.
  var arguments: [String]? {
    (try? String(contentsOf: log, encoding: .utf8))?.split(separator: "\n").map(String.init)
  }
}

extension Machine {
  /// Runs `stet` with something in ssh's place.
  func stet(_ arguments: String..., ssh: FakeSSH) throws -> Run {
    try Run("stet", arguments, in: folder, environment: ["STET_SSH": ssh.command])
  }

  /// A command that answers from an archive of this machine.
  func serving(_ file: String = "desk.stet", quotedBy quote: String = "'") -> String {
    [
      "XDG_STATE_HOME=\(quote)\(folder.path)/state\(quote)",
      "\(quote)\(Programs.folder.path)/stet\(quote) serve --stdio",
      "--archive \(quote)\(folder.path)/\(file)\(quote)",
    ].joined(separator: " ")
  }
}
