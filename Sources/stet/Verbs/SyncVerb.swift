import ArgumentParser
import Foundation
import ReplicaStorage

/// `stet sync`.
struct SyncVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sync",
    abstract: "Exchange what the other side lacks, both ways.",
    discussion: """
      Without REMOTE: 'origin', else the only remote. What was acknowledged is on disk at the other \
      side; a broken connection goes on where it broke.

      Example:
        stet sync
        stet sync origin --stats
      """
  )

  @OptionGroup var global: GlobalOptions
  @Argument(help: "A remote's name.") var remote: String?
  @Flag(help: "Print round trips, bytes, packs and changes.") var stats = false

  func run() async throws {
    let replica = try global.open()
    let report = try await SyncRun(
      replica: replica,
      remote: try chosen(from: try replica.remotes()),
      isQuiet: global.quiet,
      isDigestWanted: global.json || stats
    ).run(verb: "sync")
    try replica.close()
    try report.write(json: global.json, stats: stats, isQuiet: global.quiet)
  }

  private func chosen(from remotes: [Remote]) throws -> Remote {
    if let remote {
      guard let found = remotes.first(where: { $0.name == remote }) else {
        throw ReplicaFailure.noSuchItem("remote \(remote)")
      }
      return found
    }
    if let origin = remotes.first(where: { $0.name == "origin" }) { return origin }
    guard let first = remotes.first else {
      throw VerbFailure(
        .usage,
        "there is no remote yet: 'stet remote add origin stet://HOST:PORT/ARCHIVE' adds one"
      )
    }
    guard remotes.count == 1 else {
      throw VerbFailure(
        .usage,
        "there are several remotes: name one of \(remotes.map(\.name).joined(separator: ", "))"
      )
    }
    return first
  }
}
