import Foundation

/// A running `stet sync --live --json`, whose lines are read as they come.
final class LiveRun {
  private let started: Programs.Started
  private let complaints: () -> String
  private var unread = Data()

  init(on machine: Machine, _ remote: String...) throws {
    started = try Programs.start(
      "stet",
      ["sync", "--live", "--json"] + remote,
      in: machine.folder
    )
    complaints = Programs.drain(started.complaints)
  }

  /// The next event, for which it waits; `nil` at the end.
  func next() throws -> [String: Any]? {
    while true {
      if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
        let line = unread[unread.startIndex..<end]
        unread = unread[(end + 1)...]
        return try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
      }
      let bytes = started.output.fileHandleForReading.availableData
      if bytes.isEmpty { return nil }
      unread.append(bytes)
    }
  }

  /// Reads on up to an event of that kind.
  @discardableResult
  func expect(_ kind: String) throws -> [String: Any] {
    while let event = try next() {
      if event["event"] as? String == kind { return event }
    }
    throw LiveRunEnded(said: complaints())
  }

  /// Asks it to stop, and waits for it.
  func stop() -> Int32 {
    started.process.terminate()
    started.process.waitUntilExit()
    return started.process.terminationStatus
  }

  /// What it said on stderr, once it has stopped.
  func said() -> String { complaints() }

  deinit {
    if started.process.isRunning {
      kill(started.process.processIdentifier, SIGKILL)
      started.process.waitUntilExit()
    }
  }
}

struct LiveRunEnded: Error {
  let said: String
}
