import ArgumentParser
import Foundation
import ReplicaStorage
import SyncTransport

/// `stet sync`.
struct SyncVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sync",
    abstract: "Exchange what the other side lacks, both ways.",
    discussion: """
      Without REMOTE: 'origin', else the only remote. What was acknowledged is on disk at the other \
      side; a broken connection goes on where it broke.

      stet://HOST:PORT/ARCHIVE is a hub ('stetd serve') or another replica ('stet serve').

      ssh://[USER@]HOST[:PORT]/FILE is an archive's file on another machine that has stet; \
      ssh://HOST/~/FILE begins at the home there. STET_SSH is the command to reach it with, instead \
      of 'ssh'; STET_SSH_PROGRAM is what to run there, instead of 'stet'.

      With --live the connection stays open, and what anybody writes on either side goes over at once, \
      until the program is told to stop (Ctrl-C, SIGTERM); other verbs can be used on the archive \
      meanwhile. A broken connection is made again, later each time.

      exec:COMMAND is a shell command that speaks on its stdin and stdout, as 'stet serve --stdio' \
      does. No archive keeps one.

      Example:
        stet sync
        stet sync origin --stats
        stet sync --live
        stet sync ssh://anna@laptop.local/~/news/dprk-desk.stet
        stet sync 'exec:stet serve --stdio --archive /mnt/stick/dprk-desk.stet'
      """
  )

  @OptionGroup var global: GlobalOptions
  @Argument(help: "A remote's name, or an address.") var remote: String?
  @Flag(help: "Print round trips, bytes, packs, changes and seconds.") var stats = false
  @Flag(help: "Stay connected, until told to stop.") var live = false

  func validate() throws {
    guard !live || !stats else { throw ValidationError("--live and --stats exclude each other") }
  }

  func run() async throws {
    let replica = try global.open()
    if live {
      try await LiveSync(
        replica,
        with: try chosen(from: try replica.remotes()),
        index: global.index,
        report: LiveReport(
          json: global.json,
          isQuiet: global.quiet,
          forks: Set(try replica.forks())
        )
      ).run()
      try global.index.close(replica)
      return
    }
    let report = try await SyncRun(
      replica: replica,
      remote: try chosen(from: try replica.remotes()),
      isQuiet: global.quiet,
      isDigestWanted: global.json || stats
    ).run(verb: "sync")
    try global.index.close(replica)
    try report.write(json: global.json, stats: stats, isQuiet: global.quiet)
  }

  private func chosen(from remotes: [Remote]) throws -> Remote {
    if let remote {
      guard let found = remotes.first(where: { $0.name == remote }) else {
        guard PeerAddress.isMeant(by: remote) else {
          throw ReplicaFailure.noSuchItem("remote \(remote)")
        }
        return remotes.first { $0.address == remote } ?? Remote(at: remote)
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
