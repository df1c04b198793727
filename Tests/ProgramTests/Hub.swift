import Foundation
import Synchronization

/// A running `stetd` on loopback.
final class Hub {
  let address: String
  /// All that it said, once it has stopped.
  let said: () -> String
  private let started: Programs.Started
  private let data: URL
  private static let given = Mutex<Set<Int>>([])

  /// Starts a hub over a data folder.
  ///
  /// - `port`: 0 takes one that is free.
  /// - `folder`: of the data, where a world has several hubs.
  /// - `remotes`: the addresses that each archive is kept in sync with; they are called at the start
  ///   and when something comes, not at an interval that a test would wait for.
  /// - `environment`: of the hub's program, more than it has anyway.
  init(
    in world: World,
    archives: [String],
    port wanted: Int = 0,
    folder: String = "hub",
    remotes: [String] = [],
    environment: [String: String] = [:]
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
    // Not one that the system gives to whoever asks for any: a hub that is started again needs the same.
    let ports = wanted == 0 ? (0..<20).map { _ in Int.random(in: 20_000..<32_000) } : [wanted]
    var complaints = ""
    for port in ports {
      // Nor one that another hub of these tests has, or will want again.
      guard Self.given.withLock({ $0.insert(port).inserted }) || port == wanted else { continue }
      let started = try Programs.start(
        "stetd",
        [
          "serve", "--data", data.path, "--listen", "127.0.0.1:\(port)", "--remote-interval",
          "86400", "--compact-after", "0",
        ],
        in: world.folder,
        environment: environment
      )
      let said = Programs.drain(started.complaints)
      guard let address = Self.address(on: started.output) else {
        complaints = said()
        continue
      }
      (self.started, self.said, self.address) = (started, said, address)
      return
    }
    throw HubDidNotListen(complaints: complaints)
  }

  /// The address, which is the first line on stdout and comes when the hub listens; `nil` when it does not.
  private static func address(on output: Pipe) -> String? {
    var line = Data()
    while !line.contains(UInt8(ascii: "\n")) {
      let bytes = output.fileHandleForReading.availableData
      guard !bytes.isEmpty else { return nil }
      line.append(bytes)
    }
    return String(decoding: line.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
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

private struct HubDidNotListen: Error {
  let complaints: String
}
