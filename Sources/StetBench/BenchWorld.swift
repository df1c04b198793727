import Foundation

/// A temporary folder with machines, a hub and an input, removed at the end.
final class BenchWorld: Sendable {
  let folder: URL
  /// JSON Lines, gzip or plain.
  let input: String
  private let programs = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    .deletingLastPathComponent()

  /// A world that imports a file of articles; made-up ones for `nil`.
  init(input: String?) throws {
    folder = FileManager.default.temporaryDirectory.appending(
      path: "stet-bench-\(UUID().uuidString)"
    )
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    if let input {
      self.input = URL(filePath: input).path
    } else {
      let made = folder.appending(path: "made.jsonl")
      try Data(Self.madeUp(count: 11_773).utf8).write(to: made)
      self.input = made.path
    }
  }

  /// A file with the first articles of the input.
  func beginning(of count: Int) throws -> String {
    let file = folder.appending(path: "first-\(count).jsonl")
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = [
      "-c", #"gzip -dcf -- "$1" | head -n "$2" > "$3""#, "sh", input, "\(count)", file.path,
    ]
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw BenchFailure("\(input) cannot be read") }
    return file.path
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// A folder for a machine, emptied.
  func machine(_ name: String) throws -> URL {
    let machine = folder.appending(path: name)
    try? FileManager.default.removeItem(at: machine)
    try FileManager.default.createDirectory(at: machine, withIntermediateDirectories: true)
    return machine
  }

  /// Runs a program to its end.
  ///
  /// Returns: what it printed, and how long the whole process took, s.
  @discardableResult
  func run(_ program: String, _ arguments: [String], in machine: URL) throws -> Finished {
    try start(program, arguments, in: machine).finished()
  }

  /// Starts a program that prints little.
  func start(_ program: String, _ arguments: [String], in machine: URL) throws -> RunningProgram {
    let process = process(program, arguments, in: machine)
    process.standardError = FileHandle.nullDevice
    return try RunningProgram(process, name: "\(program) \(arguments.joined(separator: " "))")
  }

  /// Starts a hub and returns the address of an archive on it, and how to stop it.
  ///
  /// - `connections`: that it answers at once.
  func hub(archive: String, connections: Int = 1000) throws -> RunningHub {
    let data = folder.appending(path: "hub-\(UUID().uuidString)").path
    try run("stetd", ["archive", "create", archive, "--data", data], in: folder)
    let process = process(
      "stetd",
      [
        "serve", "--data", data, "--listen", "127.0.0.1:0", "--log-level", "error",
        "--connections", "\(connections)",
      ],
      in: folder
    )
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    var line = Data()
    while !line.contains(UInt8(ascii: "\n")) {
      let bytes = output.fileHandleForReading.availableData
      guard !bytes.isEmpty else { throw BenchFailure("the hub did not start") }
      line.append(bytes)
    }
    let address = String(decoding: line.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    return RunningHub(
      url: "stet://\(address)/\(archive)",
      port: Int(address.split(separator: ":").last ?? "") ?? 0,
      log: LogFile(url: URL(filePath: data).appending(path: archive + ".hub")),
      process: process
    )
  }

  /// Starts a program, and kills it as soon as something is so.
  func kill(
    _ program: String,
    _ arguments: [String],
    in machine: URL,
    when isEnough: @escaping @Sendable () -> Bool
  ) throws {
    let process = process(program, arguments, in: machine)
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    let number = process.processIdentifier
    _ = ProcessWatch(number) { if isEnough() { Foundation.kill(number, SIGKILL) } }
    process.waitUntilExit()
  }

  private func process(_ program: String, _ arguments: [String], in machine: URL) -> Process {
    let process = Process()
    process.executableURL = programs.appending(path: program)
    process.arguments = arguments
    process.currentDirectoryURL = machine
    var environment = ProcessInfo.processInfo.environment
    environment["XDG_STATE_HOME"] = machine.appending(path: "state").path
    environment["STET_ARCHIVE"] = nil
    // Nothing is to run beside what is measured.
    environment["STET_NO_BACKGROUND_INDEX"] = "1"
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    return process
  }

  /// Articles of about a kilobyte, with words that repeat as words do.
  private static func madeUp(count: Int) -> String {
    var lines = ""
    var state: UInt64 = 1
    for number in 0..<count {
      var words: [String] = []
      for _ in 0..<150 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let rank = Int((state >> 33) % 900) * Int((state >> 45) % 900) / 900
        words.append("w\(String(rank, radix: 36))")
      }
      lines += #"{"id": "\#(number)", "source": "made up", "published": "1987-03-05", "headline": "#
      lines +=
        "\"\(words[0]) \(words[1]) \(number)\", \"body\": \"\(words.joined(separator: " "))\"}\n"
    }
    return lines
  }
}

/// A program that was started.
struct RunningProgram {
  private let process: Process
  private let name: String
  private let output = Pipe()
  private let start = ContinuousClock.now
  private let watch: ProcessWatch

  fileprivate init(_ process: Process, name: String) throws {
    self.process = process
    self.name = name
    process.standardOutput = output
    try process.run()
    watch = ProcessWatch(process.processIdentifier)
  }

  /// Waits for its end.
  ///
  /// - Throws: ``BenchFailure`` when it failed.
  func finished() throws -> Finished {
    // The end of the output is the end of the process; Foundation notices that itself only later.
    let printed = output.fileHandleForReading.readDataToEndOfFile()
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw BenchFailure("\(name) ended with \(process.terminationStatus)")
    }
    return Finished(output: printed, seconds: seconds, peakMemory: watch.peakMemory)
  }
}

/// What a program printed, how long the whole process took, s, and how much memory.
struct Finished {
  let output: Data
  let seconds: Double
  /// Bytes.
  let peakMemory: Int

  /// A number in the JSON object that was printed.
  func number(_ key: String) throws -> Double {
    try (value(of: key) as NSNumber).doubleValue
  }

  func flag(_ key: String) throws -> Bool { try value(of: key) }

  func list(_ key: String) throws -> [Any] { try value(of: key) }

  private func value<Value>(of key: String) throws -> Value {
    let object = try JSONSerialization.jsonObject(with: output) as? [String: Any]
    guard let value = object?[key] as? Value else { throw BenchFailure("no \(key) was printed") }
    return value
  }
}

/// A hub, and the address of its archive.
struct RunningHub {
  let url: String
  let host = "127.0.0.1"
  let port: Int
  let log: LogFile
  fileprivate let process: Process

  /// So far, s.
  var processorSeconds: Double { ProcessCost.processorSeconds(of: process.processIdentifier) }

  /// Now, bytes.
  var memory: Int { ProcessCost.memory(of: process.processIdentifier) }

  /// So far, bytes.
  var peakMemory: Int { ProcessCost.peakMemory(of: process.processIdentifier) }

  func stop() {
    process.terminate()
    process.waitUntilExit()
  }
}

struct BenchFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
