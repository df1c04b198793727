import ArchiveModel
import ArgumentParser
import ProgressLine
import ReplicaStorage

/// `stet rebuild`.
struct RebuildVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rebuild",
    abstract: "Make the current state anew from the log, verifying the log on the way.",
    discussion: """
      Example:
        stet rebuild
      """
  )

  @OptionGroup var global: GlobalOptions

  func run() throws {
    let replica = try global.open()
    let progress = ProgressLine("rebuild", unit: "changes", isQuiet: global.quiet)
    try replica.rebuild { progress.show(Int($0), of: Int($1)) }
    progress.finish()
    let digest = StateDigest.description(of: try replica.digest())
    try global.index.close(replica)
    if global.json {
      try JSONOutput.write(["digest": digest])
    } else {
      Console.write(digest)
    }
  }
}
