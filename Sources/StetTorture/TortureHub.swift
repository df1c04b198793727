import Foundation
import SyncSimulation
import Synchronization

/// A hub that is started again whenever it ends, and the proxy before it.
final class TortureHub: Sendable {
  let name: String
  let proxy: FaultyProxy
  private let data: URL
  private let outputs: URL
  private let programs: RunningPrograms
  private let tally: Tally
  private let port: Int
  private let isClosing = Mutex(false)
  private let threads = Threads()

  static let archive = "desk"

  /// Makes a hub with an empty archive, and starts it.
  init(
    _ name: String,
    in parent: URL,
    outputs: URL,
    seed: UInt64,
    programs: RunningPrograms,
    tally: Tally
  ) throws {
    self.name = name
    self.outputs = outputs
    self.programs = programs
    self.tally = tally
    data = parent.appending(path: name)
    port = try Self.freePort()
    proxy = try FaultyProxy(before: port, seed: seed, tally: tally)
    let made = try programs.run(
      "stetd",
      ["archive", "create", Self.archive, "--data", data.path],
      in: parent,
      environment: ProcessInfo.processInfo.environment,
      output: outputs.appending(path: "\(name)-create")
    )
    guard made.isDone else { throw TortureProblem("no archive on \(name): \(made.story)") }
    threads.start { [self] in keepRunning() }
    try waitUntilListening()
  }

  /// The address of its archive, through the proxy.
  var address: String { "stet://127.0.0.1:\(proxy.port)/\(Self.archive)" }

  private func keepRunning() {
    var starts = 0
    while !isClosing.withLock({ $0 }) {
      starts += 1
      do {
        let run = try programs.run(
          "stetd",
          [
            "serve", "--data", data.path, "--listen", "127.0.0.1:\(port)", "--log-level", "warning",
          ],
          in: outputs,
          environment: ProcessInfo.processInfo.environment,
          output: outputs.appending(path: "\(name)-\(starts)")
        )
        tally.take(run, isTalking: true)
      } catch {
        tally.fail("\(name): \(error)")
      }
      Thread.sleep(forTimeInterval: 0.1)
    }
  }

  /// Waits until somebody answers.
  func waitUntilListening() throws {
    for _ in 0..<300 {
      if let descriptor = LoopbackSocket.connect(port: port) {
        close(descriptor)
        return
      }
      Thread.sleep(forTimeInterval: 0.1)
    }
    throw TortureProblem("\(name) does not start: see \(outputs.path)")
  }

  /// Looks for damage in the archive of a hub that was stopped.
  func verify() {
    do {
      let run = try programs.run(
        "stetd",
        ["verify", Self.archive, "--data", data.path, "--quiet"],
        in: outputs,
        environment: ProcessInfo.processInfo.environment,
        output: outputs.appending(path: "\(name)-verify")
      )
      if !run.isDone { tally.fail("\(name) does not verify\n\(run.story)") }
    } catch {
      tally.fail("\(name): \(error)")
    }
  }

  /// Ends hubs, and waits.
  static func stop(_ hubs: [TortureHub], programs: RunningPrograms) {
    for hub in hubs { hub.isClosing.withLock { $0 = true } }
    // Asked again, for one that was just being started.
    for hub in hubs {
      repeat { programs.terminate("stetd") } while !hub.threads.join(milliseconds: 1000)
    }
  }

  /// A port that nobody has at the moment.
  private static func freePort() throws -> Int {
    let (descriptor, port) = try LoopbackSocket.listen()
    close(descriptor)
    return port
  }
}
