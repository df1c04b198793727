import Foundation
import GRDB
import Testing

/// A hub, and a machine whose archive with one article is on it: where stories about copies begin.
struct IdentityWorld {
  let world: World
  let hub: Hub
  let anna: DeskCopy

  init() throws {
    world = try World()
    hub = try Hub(in: world, archives: ["desk"])
    let machine = try Machine("anna", in: world)
    anna = DeskCopy(machine: machine)
    try machine.write(TestPage.text(), to: "page.txt")
    for words in [
      ["init", "desk"], ["import", "page.txt", "--source", "harbour"],
      ["remote", "add", "origin", hub.url("desk")], ["sync"],
    ] {
      let run = try Run("stet", words, in: machine.folder)
      guard run.status == 0 else { throw Unexpected(run: run) }
    }
  }

  /// Another machine, with a clone.
  func clone(_ name: String) throws -> DeskCopy {
    let copy = DeskCopy(machine: try Machine(name, in: world))
    let run = try copy.machine.stet("clone", hub.url("desk"))
    guard run.status == 0 else { throw Unexpected(run: run) }
    return copy
  }

  /// Another machine whose archive is a file that somebody copied there.
  func copy(of file: URL, on name: String) throws -> DeskCopy {
    let copy = DeskCopy(machine: try Machine(name, in: world))
    try Shell.run("cp", file.path, copy.file.path)
    return copy
  }

  /// Expects that copies come to hold the same archive with exactly these notes, and that a machine
  /// which clones only now gets the same.
  func expectAgreement(
    _ copies: [DeskCopy],
    on notes: Set<String>,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    // The second round brings everyone what the last of the first round brought.
    for copy in copies + copies { try copy.sync(sourceLocation: sourceLocation) }
    let late = try clone("late")
    for copy in copies + [late] {
      let place = "\(copy.file.path)"
      #expect(try copy.notes() == notes, "\(place)", sourceLocation: sourceLocation)
      #expect(
        try copy.machine.digest(of: copy.file) == late.machine.digest(of: late.file),
        "\(place)",
        sourceLocation: sourceLocation
      )
      let names = try copy.changes()
      #expect(Set(names).count == names.count, "\(place)", sourceLocation: sourceLocation)
    }
  }
}

/// One archive file on a made-up machine.
struct DeskCopy {
  let machine: Machine
  let file: URL

  /// - `path`: in the machine's folder.
  init(machine: Machine, path: String = "desk.stet") {
    self.machine = machine
    file = machine.folder.appending(path: path)
  }

  func stet(_ words: String...) throws -> Run {
    try Run("stet", words + ["--archive", file.path], in: machine.folder)
  }

  /// Notes something on the article.
  func note(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let run = try stet("annotate", "100231", "--note", text)
    #expect(run.status == 0, "\(run.complaints)", sourceLocation: sourceLocation)
  }

  @discardableResult
  func sync(sourceLocation: SourceLocation = #_sourceLocation) throws -> Run {
    let run = try stet("sync")
    #expect(run.status == 0, "\(file.path): \(run.complaints)", sourceLocation: sourceLocation)
    return run
  }

  /// Does something and leaves the WAL of it beside the file, as a process that is killed does.
  func leavingWAL(_ body: () throws -> Void) throws {
    let wal = file.path + "-wal"
    let left = file.path + ".left"
    let reader = try OpenReader(file: file)
    try body()
    try Shell.run("cp", wal, left)
    try reader.close()
    try Shell.run("mv", left, wal)
  }

  func notes() throws -> Set<String> {
    let shown = try machine.json("show", "100231", "--archive", file.path) as? [String: Any]
    let annotations = shown?["annotations"] as? [[String: Any]] ?? []
    return Set(annotations.compactMap { $0["note"] as? String })
  }

  /// Lane and number of every change of the article and its notes.
  func changes() throws -> [String] {
    try log().map { "\($0["lane"] ?? "") \($0["seq"] ?? "")" }
  }

  /// The lane in which a note was written.
  func lane(ofNote text: String) throws -> String? {
    try log().first { entry in
      (entry["operations"] as? [String] ?? []).contains { $0.contains("\"\(text)\"") }
    }?["lane"] as? String
  }

  /// How many lanes wrote to the archive.
  func replicaCount() throws -> Int? {
    (try machine.json("status", "--archive", file.path) as? [String: Any])?["replicas"] as? Int
  }

  private func log() throws -> [[String: Any]] {
    try machine.json("log", "100231", "--archive", file.path) as? [[String: Any]] ?? []
  }
}

extension Machine {
  fileprivate func digest(of file: URL) throws -> String {
    let run = try stet("digest", "--archive", file.path)
    guard run.status == 0 else { throw Unexpected(run: run) }
    return run.output
  }

  /// Copies the whole machine, archive and keys, as a snapshot of a virtual machine does.
  func snapshot() throws -> URL {
    let snapshot = folder.deletingLastPathComponent().appending(path: "\(UUID().uuidString)")
    try Shell.run("cp", "-a", folder.path, snapshot.path)
    return snapshot
  }

  /// Puts the machine back to where a snapshot was made, and keeps what it was.
  ///
  /// - Returns: what it was, as a snapshot.
  @discardableResult
  func rollBack(to snapshot: URL) throws -> URL {
    let left = folder.deletingLastPathComponent().appending(path: "\(UUID().uuidString)")
    try Shell.run("mv", folder.path, left.path)
    try Shell.run("mv", snapshot.path, folder.path)
    return left
  }
}

/// What people do with files in a shell.
enum Shell {
  static func run(_ words: String...) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = words
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw CocoaError(.fileWriteUnknown) }
  }
}

/// Holds an archive open from another connection, as another process would: what is written
/// meanwhile stays in the WAL.
final class OpenReader {
  private let database: DatabaseQueue

  init(file: URL) throws {
    database = try DatabaseQueue(path: file.path)
    _ = try database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM packs") }
  }

  func close() throws { try database.close() }
}
