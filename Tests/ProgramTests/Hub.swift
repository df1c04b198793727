import Foundation

/// A running `stetd` on loopback.
final class Hub {
  let address: String
  /// All that it said, once it has stopped.
  let said: () -> String
  private let started: Programs.Started
  private let data: URL

  /// Starts a hub over a data folder.
  ///
  /// - `port`: 0 lets the system choose.
  /// - `folder`: of the data, where a world has several hubs.
  /// - `remotes`: the addresses that each archive is kept in sync with; they are called at the start
  ///   and when something comes, not at an interval that a test would wait for.
  init(
    in world: World,
    archives: [String],
    port: Int = 0,
    folder: String = "hub",
    remotes: [String] = []
  ) throws {
    data = world.folder.appending(path: folder)
    for name in archives {
      let run = try Run(
        "stetd",
        ["archive", "create", name, "--data", data.path],
        in: world.folder
      )
      guard run.status == 0 else { throw Unexpected(run: run) }
    }
    for (archive, remote) in archives.flatMap({ name in remotes.map { (name, $0) } }) {
      let run = try Run(
        "stetd",
        ["remote", "add", archive, remote, "--data", data.path],
        in: world.folder
      )
      guard run.status == 0 else { throw Unexpected(run: run) }
    }
    started = try Programs.start(
      "stetd",
      [
        "serve", "--data", data.path, "--listen", "127.0.0.1:\(port)", "--remote-interval",
        "86400",
      ],
      in: world.folder
    )
    said = Programs.drain(started.complaints)
    // The first line on stdout is the address; it comes when the hub listens.
    var line = Data()
    while !line.contains(UInt8(ascii: "\n")) {
      let bytes = started.output.fileHandleForReading.availableData
      guard !bytes.isEmpty else { throw CocoaError(.fileReadUnknown) }
      line.append(bytes)
    }
    address = String(decoding: line.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }

  func url(_ archive: String) -> String { "stet://\(address)/\(archive)" }

  var port: Int { Int(address.split(separator: ":").last ?? "") ?? 0 }

  func kill() {
    Foundation.kill(started.process.processIdentifier, SIGKILL)
    started.process.waitUntilExit()
  }

  /// Asks the hub to stop, and waits for it.
  func stop() -> Int32 {
    started.process.terminate()
    started.process.waitUntilExit()
    return started.process.terminationStatus
  }

  deinit { if started.process.isRunning { kill() } }
}
