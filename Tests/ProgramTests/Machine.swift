import Foundation
import Synchronization

/// A made-up machine: a folder with its own keys, in which the real programs run.
struct Machine {
  let folder: URL

  init(_ name: String, in world: World) throws {
    folder = world.folder.appending(path: name)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  /// Runs `stet` in the machine's folder.
  @discardableResult
  func stet(_ arguments: String...) throws -> Run {
    try Run("stet", arguments, in: folder)
  }

  /// Runs `stet` with a shell script as its editor, which finds the file to edit in `$1`.
  func stet(_ arguments: String..., editor script: String) throws -> Run {
    try Data("#!/bin/sh\n\(script)\n".utf8).write(to: folder.appending(path: "editor.sh"))
    return try Run(
      "stet",
      arguments,
      in: folder,
      environment: ["EDITOR": "sh editor.sh", "VISUAL": "", "TMPDIR": folder.path]
    )
  }

  /// Runs `stet` with a text on its stdin.
  func stet(_ arguments: String..., input: String) throws -> Run {
    try write(input, to: "stdin.txt")
    return try Run("stet", arguments, in: folder, input: folder.appending(path: "stdin.txt"))
  }

  /// Runs `stet`, which has to succeed for the test to go on.
  func expect(_ arguments: String...) throws {
    let run = try Run("stet", arguments, in: folder)
    guard run.status == 0 else { throw Unexpected(run: run) }
  }

  /// What a successful run prints, as JSON.
  func json(_ arguments: String...) throws -> Any {
    let run = try Run("stet", arguments + ["--json"], in: folder)
    guard run.status == 0 else { throw Unexpected(run: run) }
    return try JSONSerialization.jsonObject(with: Data(run.output.utf8))
  }

  func digest() throws -> String {
    let run = try stet("digest")
    guard run.status == 0 else { throw Unexpected(run: run) }
    return run.output
  }

  /// A file in the machine's folder.
  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: folder.appending(path: name))
  }
}

/// A temporary folder for machines and a hub, removed at the end.
final class World {
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
      .appending(path: "stet-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }
}

/// A run of a program that did not end as the test needs it.
struct Unexpected: Error {
  let run: Run
}

/// One run of a program to its end.
struct Run: Sendable {
  let status: Int32
  let output: String
  let complaints: String

  init(
    _ program: String,
    _ arguments: [String],
    in folder: URL,
    environment: [String: String] = [:],
    input: URL? = nil
  ) throws {
    let process = try Programs.start(
      program,
      arguments,
      in: folder,
      environment: environment,
      input: input
    )
    // Both pipes are drained before the wait, so that neither can fill up and block the program.
    let complaints = Programs.drain(process.complaints)
    output = String(
      decoding: process.output.fileHandleForReading.readDataToEndOfFile(),
      as: UTF8.self
    ).trimmingCharacters(in: .newlines)
    process.process.waitUntilExit()
    status = process.process.terminationStatus
    self.complaints = complaints()
  }
}

/// The programs of this package, as they were built with the tests.
enum Programs {
  struct Started {
    let process: Process
    let output: Pipe
    let complaints: Pipe
  }

  /// The folder of the test bundle, beside which the programs are built.
  static let folder = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    .deletingLastPathComponent()

  /// How long a test waits for what must happen: it ends a hang, and measures nothing.
  static let patience = Duration.seconds(600)

  /// - `terminal`: its stderr, in the pipe's place.
  static func start(
    _ program: String,
    _ arguments: [String],
    in folder: URL,
    environment more: [String: String] = [:],
    input: URL? = nil,
    terminal: FileHandle? = nil
  ) throws -> Started {
    let process = Process()
    process.executableURL = Self.folder.appending(path: program)
    process.arguments = arguments
    process.currentDirectoryURL = folder
    var environment = ProcessInfo.processInfo.environment
    environment["XDG_STATE_HOME"] = folder.appending(path: "state").path
    environment["STET_NAME"] = folder.lastPathComponent
    environment["STET_ARCHIVE"] = nil
    // The folder goes with the test, and nothing is to work in it then.
    environment["STET_NO_BACKGROUND_INDEX"] = "1"
    process.environment = environment.merging(more) { $1 }
    let started = Started(process: process, output: Pipe(), complaints: Pipe())
    process.standardInput =
      try input.map { try FileHandle(forReadingFrom: $0) } ?? FileHandle.nullDevice
    process.standardOutput = started.output
    if let terminal {
      process.standardError = terminal
    } else {
      process.standardError = started.complaints
    }
    try process.run()
    return started
  }

  /// Reads a pipe on another thread; the result waits for its end.
  static func drain(_ pipe: Pipe) -> () -> String {
    let done = DispatchSemaphore(value: 0)
    let text = Drained()
    DispatchQueue.global().async {
      text.set(String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self))
      done.signal()
    }
    return {
      done.wait()
      return text.get()
    }
  }

  private final class Drained: Sendable {
    private let text = Mutex("")

    func set(_ new: String) { text.withLock { $0 = new } }
    func get() -> String { text.withLock { $0 } }
  }
}
