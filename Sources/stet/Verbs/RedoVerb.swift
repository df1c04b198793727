import ArgumentParser
import ReplicaStorage

/// `stet redo`.
struct RedoVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "redo",
    abstract: "Bring back what the newest undo took.",
    discussion: """
      Redo goes forward again through this replica's undos. It ends where something else was done \
      after an undo; 'stet undo CHANGE' of that undo still brings it back.

      Example:
        stet undo
        stet redo
      """
  )

  @OptionGroup var global: GlobalOptions
  @Option(help: "Why.") var reason: String?

  func run() throws {
    let replica = try global.open()
    let report = try replica.write { writer in
      writer.reason = reason ?? ""
      return try writer.redoNewest()
    }
    try replica.close()
    try UndoOutput.write(report, word: "brought back what was undone by", global)
  }
}
