import Foundation

/// A made-up machine: a folder with its own keys and one replica.
struct TortureMachine: Sendable {
  let name: String
  let folder: URL
  let programs: RunningPrograms
  /// Where the outputs of runs go: not on the machine, whose disk may be full.
  let outputs: URL

  init(_ name: String, in parent: URL, outputs: URL, programs: RunningPrograms) throws {
    self.name = name
    self.programs = programs
    folder = parent.appending(path: name)
    self.outputs = outputs
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    // What an editor does to the file that it is given.
    try write("printf '\\n\\n%s\\n' \"$TORTURE_LINE\" >>\"$1\"\n", to: "append.sh")
    try write("sed -i \"$TORTURE_SED\" \"$1\"\n", to: "change.sh")
  }

  /// Runs `stet` in the machine's folder.
  ///
  /// - `caller`: names the outputs; different callers may run at once.
  func stet(
    _ words: [String],
    caller: String,
    environment more: [String: String] = [:],
    folder: URL? = nil
  ) throws -> ProgramRun {
    let folder = folder ?? self.folder
    var environment = ProcessInfo.processInfo.environment
    environment["XDG_STATE_HOME"] = folder.appending(path: "state").path
    environment["HOME"] = folder.path
    environment["TMPDIR"] = folder.path
    environment["STET_NAME"] = name
    environment["STET_ARCHIVE"] = nil
    // Every program that runs is started, and ended, by the torture.
    environment["STET_NO_BACKGROUND_INDEX"] = "1"
    environment["VISUAL"] = nil
    return try programs.run(
      "stet",
      words,
      in: folder,
      environment: environment.merging(more) { $1 },
      output: outputs.appending(path: "\(name)-\(caller)")
    )
  }

  /// Runs `stet`, which must succeed.
  @discardableResult
  func expect(_ words: String...) throws -> String {
    let run = try stet(words, caller: "torture")
    guard run.isDone else { throw TortureProblem("this had to succeed: \(run.story)") }
    return run.output
  }

  /// Writes a file in the machine's folder.
  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: folder.appending(path: name))
  }
}
