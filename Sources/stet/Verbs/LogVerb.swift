import ArgumentParser
import ArchiveModel
import ChangeLog
import Foundation
import ReplicaStorage

/// `stet log`.
struct LogVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log",
    abstract: "Who did what and when, in the archive or to an article.",
    discussion: """
      Without ID, the newest actions of the archive, the last one first: an action is what somebody \
      did in one go. With ID, all changes of that article and its notes, the first one first.

      Times are by the author's clock; the order is that of this replica's log, in which a change \
      comes after all that it had seen. 'stet undo' takes what stands at the beginning of a line.

      Example:
        stet log --limit 5
        stet log 5f3a
      """
  )

  @OptionGroup var global: GlobalOptions
  @Argument(help: "An article.") var id: String?
  @Option(help: "How many at most: of the archive 20, of an article all, unless told.")
  var limit: Int?

  func validate() throws {
    guard limit ?? 1 > 0 else { throw ValidationError("--limit takes a number above 0") }
  }

  func run() throws {
    let replica = try global.open(.readOnly)
    if let id {
      let history = try replica.history(of: try replica.articleID(id))
      try write(limit.map { Array(history.suffix($0)) } ?? history)
    } else {
      try write(try replica.actions(limit: limit ?? 20))
    }
  }

  // MARK: - Of an article

  private struct EntryJSON: Encodable {
    let lane: String
    let seq: UInt64
    let action: UInt64
    let object: String
    let author: String
    let time: String
    let reason: Nullable<String>
    let undoes: Nullable<String>
    let operations: [String]

    init(_ entry: HistoryEntry) {
      lane = entry.change.lane.bytes.hex
      seq = entry.change.seq
      action = entry.action.seq
      object = entry.object.bytes.hex
      author = entry.author
      time = Instant.iso(milliseconds: entry.time)
      reason = Nullable(text: entry.reason)
      undoes = Nullable(entry.undoes?.fullName)
      operations = entry.operations
    }
  }

  private func write(_ history: [HistoryEntry]) throws {
    if global.json {
      try JSONOutput.write(history.map(EntryJSON.init))
      return
    }
    for entry in history {
      writeHead(entry.change, time: entry.time, author: entry.author)
      writeWhy(entry.reason, entry.undoes)
      for operation in entry.operations { Console.write("    " + Console.oneLine(operation)) }
    }
  }

  // MARK: - Of the archive

  private struct ActionJSON: Encodable {
    struct OperationJSON: Encodable {
      let object: String
      let text: String
    }

    let lane: String
    let seq: UInt64
    let author: String
    let time: String
    let reason: Nullable<String>
    let undoes: Nullable<String>
    let undone: Bool
    let changes: Int
    let objects: Int
    let operations: [OperationJSON]

    init(_ entry: ActionEntry) {
      lane = entry.action.lane.bytes.hex
      seq = entry.action.seq
      author = entry.author
      time = Instant.iso(milliseconds: entry.time)
      reason = Nullable(text: entry.reason)
      undoes = Nullable(entry.undoes?.fullName)
      undone = entry.isUndone
      changes = entry.changeCount
      objects = entry.objectCount
      operations = entry.operations.map {
        OperationJSON(object: $0.object.bytes.hex, text: $0.text)
      }
    }
  }

  private func write(_ actions: [ActionEntry]) throws {
    if global.json {
      try JSONOutput.write(actions.map(ActionJSON.init))
      return
    }
    for entry in actions {
      writeHead(entry.action, time: entry.time, author: entry.author)
      writeWhy(entry.reason, entry.undoes)
      if entry.isUndone { Console.write("    (undone)") }
      for operation in entry.operations {
        Console.write(
          "    \(operation.object.bytes.hex.prefix(8))  \(Console.oneLine(operation.text))"
        )
      }
      if entry.objectCount > 1 {
        Console.write("    in all \(entry.changeCount) changes of \(entry.objectCount) objects")
      }
    }
  }

  private func writeHead(_ change: ChangeID, time: Int64, author: String) {
    Console.write(
      "\(change.name)\t\(Instant.iso(milliseconds: time))\t\(Console.oneLine(author))"
    )
  }

  private func writeWhy(_ reason: String, _ undoes: ChangeID?) {
    if let undoes { Console.write("    undoes \(undoes.name)") }
    if !reason.isEmpty { Console.write("    because: \(Console.oneLine(reason))") }
  }
}
