import ArgumentParser
import ProgressLine
import ReplicaStorage

/// `stet index`.
struct IndexVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "index",
    abstract: "Read what the search index has not read yet.",
    discussion: """
      Large imports, clones and syncs leave this to a process in the background, which ends when it is \
      done; STET_NO_BACKGROUND_INDEX=1 keeps them from starting it. Broken off, the index goes on where \
      it was.

      Example:
        stet index
      """
  )

  @OptionGroup var global: GlobalOptions
  /// How this program starts itself in the background.
  @Flag(help: .hidden) var detached = false

  func run() throws {
    if detached { return try BackgroundIndex.run(at: ArchiveLocation.path(option: global.archive)) }
    let replica = try global.open()
    let position = try replica.catchUpSearch(showing: "index", isQuiet: global.quiet)
    try replica.close()
    if global.json {
      try JSONOutput.write(SearchPositionJSON(position))
    } else if !global.quiet {
      Console.note("the index has read all \(position.end) changes")
    }
  }
}

/// How far the index has read, in JSON.
private struct SearchPositionJSON: Encodable {
  let changes: Int
  let changes_indexed: Int

  init(_ position: SearchPosition) {
    changes = position.end
    changes_indexed = position.reached
  }
}

extension Replica {
  /// Brings the search index up to date, with a line of progress.
  @discardableResult
  func catchUpSearch(showing verb: String, isQuiet: Bool) throws -> SearchPosition {
    let progress = ProgressLine(verb, unit: "changes", isQuiet: isQuiet)
    defer { progress.finish() }
    let first = try searchPosition().reached
    return try catchUpSearch {
      progress.show($0.reached - first, of: $0.end - first)
    }
  }
}
