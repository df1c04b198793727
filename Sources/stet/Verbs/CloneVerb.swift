import ArgumentParser
import Foundation
import ReplicaStorage
import SyncTransport

/// `stet clone`.
struct CloneVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clone",
    abstract: "Copy an archive from a hub or another replica: ARCHIVE.stet in this folder.",
    discussion: """
      A copy that was broken off goes on where it broke, when the same command is run again. ssh:// \
      addresses are as for 'stet sync'.

      Example:
        stet clone stet://127.0.0.1:7474/dprk-desk
        stet clone ssh://anna@laptop.local/~/news/dprk-desk.stet
      """
  )

  @Argument(help: "stet://HOST:PORT/ARCHIVE, ssh://HOST/FILE or exec:COMMAND.") var address: String
  @Argument(help: "The new file, if not ARCHIVE.stet here.") var file: String?
  @Option(
    name: .customLong("as"),
    help: "How you want to be called in it; STET_NAME, else your login."
  )
  var memberName: String?
  @Flag(help: "Print JSON.") var json = false
  @Flag(help: "Print round trips, bytes, packs, changes and seconds.") var stats = false
  @Flag(help: "No messages and no progress.") var quiet = false

  func run() async throws {
    let parsed = try RemoteAddress.parse(address)
    guard let path = file ?? parsed.archiveName.map({ $0 + ".stet" }) else {
      throw VerbFailure(.usage, "say after the command what the new file is to be called")
    }
    let environment = Machine.environment(memberName: memberName, lockTimeout: 10)
    let isFresh = !FileManager.default.fileExists(atPath: path)
    let replica =
      try isFresh
      ? Replica.createForCloning(at: path, from: address, environment: environment)
      : Self.unfinished(path, from: address, environment: environment)
    let remote = try origin(of: replica, at: parsed)
    let report: SyncReport
    do {
      report = try await SyncRun(
        replica: replica,
        remote: remote,
        isQuiet: quiet,
        isDigestWanted: json || stats
      ).run(verb: "clone")
    } catch {
      // A copy that never began leaves no file behind.
      if isFresh, try replica.genesis() == nil {
        try replica.close()
        replica.remove()
      }
      throw error
    }
    try replica.finishCloning()
    try replica.close()
    try report.write(json: json, stats: stats, isQuiet: quiet)
  }

  /// Where the copy comes from, which is its first remote then; a command is not kept.
  private func origin(of replica: Replica, at parsed: PeerAddress) throws -> Remote {
    if parsed.isCommand { return Remote(at: address) }
    if try replica.remotes().isEmpty { try replica.addRemote(named: "origin", address: address) }
    guard let remote = try replica.remotes().first(where: { $0.name == "origin" }) else {
      throw ReplicaFailure.noSuchItem("remote origin")
    }
    return remote
  }

  /// A copy into this file that was broken off.
  private static func unfinished(
    _ path: String,
    from address: String,
    environment: ReplicaEnvironment
  ) throws -> Replica {
    let replica = try Replica.open(path, environment: environment)
    guard try replica.cloningAddress() == address else { throw ReplicaFailure.exists(path) }
    return replica
  }
}
