import ArchiveModel
import CRDT
import ChangeLog
import Foundation
import GRDB
import RevisionReplay

/// The text merge on recorded editing histories, from stored events.
///
/// *merge* is reading the stored edits (dots, parents, hunks, as a replica's rows hold them) and merging
/// them all into an empty text; *keystrokes* the same with every keystroke an edit of its own, in
/// memory; *load* is reading the text at rest from a SQLite file. The floor of a merge is inserting the
/// final text once, keystroke by keystroke, at its end.
enum TextBench {
  static func run(folder: URL, runs: Int) throws {
    print(
      "trace                  keystrokes   edits   merge  of it read  keystrokes   floor    load"
        + "    raw B  packed B  text B  peak kB  rest B"
    )
    for file in try EditingTrace.files(in: folder) {
      print(try measure(EditingTrace(file), runs: runs).line)
    }
  }

  private struct Result {
    let name: String
    var keystrokes = 0
    var edits = 0
    var merge = 0.0
    var read = 0.0
    var typed = 0.0
    var floor = 0.0
    var load = 0.0
    var raw = 0
    var packed = 0
    var text = 0
    var peak = 0
    var rest = 0

    var line: String {
      func milliseconds(_ seconds: Double) -> String { "\((seconds * 10_000).rounded() / 10) ms" }
      func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(1, width - text.count)) + text
      }
      return name + right("\(keystrokes)", 33 - name.count) + right("\(edits)", 8)
        + right(milliseconds(merge), 10) + right(milliseconds(read), 10)
        + right(milliseconds(typed), 11) + right(milliseconds(floor), 9)
        + right("\((load * 1_000_000).rounded() / 1000) ms", 9) + right("\(raw)", 8)
        + right("\(packed)", 9) + right("\(text)", 8) + right("\(peak)", 9) + right("\(rest)", 8)
    }
  }

  private static func measure(_ trace: EditingTrace, runs: Int) throws -> Result {
    var result = Result(name: trace.name)
    let store = try TraceStore(trace)
    result.keystrokes = trace.keystrokeCount
    result.edits = store.rows.count
    (result.raw, result.packed) = (store.rawByteCount, store.packedByteCount)
    result.text = trace.end.utf8.count
    let before = Memory.resident
    Memory.resetPeak()
    var text = EditedText(base: trace.base)
    (result.merge, result.read) = try median(runs) {
      let start = ContinuousClock.now
      let edits = try store.rows.map { try $0.edit() }
      let read = (ContinuousClock.now - start) / .seconds(1)
      text = EditedText(base: trace.base)
      text.apply(edits)
      return ((ContinuousClock.now - start) / .seconds(1), read)
    }
    result.peak = (Memory.peak - before) / 1024
    try check(text.content, trace)
    let keystrokes = trace.keystrokeEdits(lanes: store.lanes)
    (result.typed, _) = median(runs) {
      let start = ContinuousClock.now
      text = EditedText(base: trace.base)
      text.apply(keystrokes)
      return ((ContinuousClock.now - start) / .seconds(1), 0)
    }
    try check(text.content, trace)
    (result.floor, _) = median(runs) {
      let start = ContinuousClock.now
      let scalars = Array(trace.end.unicodeScalars)
      var typed = String.UnicodeScalarView()
      for place in 0..<trace.keystrokeCount { typed.append(scalars[place % scalars.count]) }
      return ((ContinuousClock.now - start) / .seconds(1), 0)
    }
    let file = try RestingText(text.state)
    (result.load, _) = try median(runs) {
      let start = ContinuousClock.now
      let loaded = try file.load()
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      try check(loaded.content, trace)
      return (seconds, 0)
    }
    let loaded = try file.load()
    result.rest =
      MemoryLayout<TextState>.size + loaded.content.utf8.count
      + loaded.heads.count * MemoryLayout<Dot>.stride
    return result
  }

  private static func check(_ text: String, _ trace: EditingTrace) throws {
    guard text.utf8.elementsEqual(trace.end.utf8) else {
      throw BenchFailure("\(trace.name) does not end in its text")
    }
  }

  private static func median(
    _ runs: Int,
    _ body: () throws -> (Double, Double)
  ) rethrows -> (Double, Double) {
    var results: [(Double, Double)] = []
    for _ in 0..<runs { results.append(try body()) }
    return results.sorted { $0.0 < $1.0 }[runs / 2]
  }
}

/// A text at rest in a SQLite file, as a replica keeps it.
private final class RestingText {
  private let file = FileManager.default.temporaryDirectory
    .appending(path: "stet-bench-\(UUID().uuidString).db")
  private let database: DatabaseQueue

  init(_ text: TextState) throws {
    database = try DatabaseQueue(path: file.path)
    try database.write { db in
      try db.execute(sql: "CREATE TABLE texts (content BLOB, heads BLOB) STRICT")
      try db.execute(
        sql: "INSERT INTO texts VALUES (?, ?)",
        arguments: [Data(text.content.utf8), Data(text.heads.bytes)]
      )
    }
  }

  deinit { try? FileManager.default.removeItem(at: file) }

  func load() throws -> TextState {
    try database.read { db in
      guard let row = try Row.fetchOne(db, sql: "SELECT content, heads FROM texts"),
        let heads = [Dot](concatenated: Array(row[1] as Data))
      else { throw BenchFailure("the text is gone") }
      return TextState(
        id: TextID(field: 30),
        heads: heads,
        content: String(decoding: row[0] as Data, as: UTF8.self),
        isBranched: false,
        weight: 0
      )
    }
  }
}
