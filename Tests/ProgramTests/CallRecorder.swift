import Foundation

/// Writes down what programs ask of the file system and of sockets, and kills them in between
/// (Tests/SystemCalls).
struct CallRecorder {
  private let record: URL

  /// - `name`: of the record in the machine's folder, one for each recorder.
  init(in folder: URL, named name: String = "calls") {
    record = folder.appending(path: name)
  }

  /// What a program gets to know.
  ///
  /// - `last`: the number of the call, counted from 1, before which it is killed; `nil` for none.
  func environment(killedBefore last: Int? = nil) -> [String: String] {
    var environment = [
      "LD_PRELOAD": Programs.folder.appending(path: "libSystemCalls.so").path,
      "STET_TEST_CALLS": record.path,
    ]
    environment["STET_TEST_KILL"] = last.map(String.init)
    return environment
  }

  /// The calls since the last time.
  func take() throws -> [SystemCall] {
    guard FileManager.default.fileExists(atPath: record.path) else { return [] }
    defer { try? FileManager.default.removeItem(at: record) }
    return try String(contentsOf: record, encoding: .utf8).split(separator: "\n").map { line in
      let words = line.split(separator: "\t").map(String.init)
      guard let kind = words.first.flatMap(SystemCall.Kind.init) else { throw NoCall(line: line) }
      return SystemCall(kind: kind, paths: Array(words.dropFirst()))
    }
  }

  private struct NoCall: Error { let line: Substring }
}

/// One call to the system.
struct SystemCall: Hashable {
  enum Kind: String {
    case create, folder, write, truncate, sync, rename, link, remove, send
  }

  let kind: Kind
  /// None for ``Kind/send``, two for ``Kind/rename`` and ``Kind/link``: from and to.
  let paths: [String]
}

/// What a loss of power would take: contents since the last fsync of their file, and names since the
/// last fsync of their folder (fsync(2): "does not necessarily ensure that the entry in the directory
/// containing the file has also reached disk").
struct UnsyncedFiles {
  private var contents: Set<String> = []
  private var names: Set<String> = []
  /// Made, and nothing written to them yet: nothing is lost with their names.
  private var empty: Set<String> = []

  mutating func take(_ call: SystemCall) {
    let path = call.paths.first ?? ""
    switch call.kind {
    case .create:
      names.insert(path)
      empty.insert(path)
    case .folder: names.insert(path)
    case .write, .truncate:
      contents.insert(path)
      empty.remove(path)
    case .sync:
      contents.remove(path)
      names = names.filter { Self.folder(of: $0) != path }
    case .rename:
      move(path, to: call.paths[1])
      remove(path)
    case .link: move(path, to: call.paths[1])
    case .remove: remove(path)
    case .send: break
    }
  }

  private mutating func move(_ path: String, to new: String) {
    names.insert(new)
    if contents.contains(path) { contents.insert(new) } else { contents.remove(new) }
  }

  private mutating func remove(_ path: String) {
    names.remove(path)
    contents.remove(path)
    empty.remove(path)
  }

  private static func folder(of path: String) -> String {
    URL(filePath: path).deletingLastPathComponent().path
  }

  /// Files of a folder of which not all is on the disk; without SQLite's index of a WAL, which is made
  /// anew after a crash (www.sqlite.org/walformat.html, 2).
  func files(in folder: URL) -> Set<String> {
    contents.union(names.subtracting(empty)).filter {
      $0.hasPrefix(folder.path + "/") && !$0.hasSuffix("-shm")
    }
  }
}
