import ArgumentParser
import Foundation
import LogStorage
import ReplicaStorage
import SyncTransport

/// `stet clone`.
struct CloneVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clone",
    abstract:
      "Copy an archive from a hub, another replica or a bundle: ARCHIVE.stet in this folder.",
    discussion: """
      A copy that was broken off goes on where it broke, when the same command is run again. ssh:// \
      addresses are as for 'stet sync'. A copy of a bundle has no remote yet.

      Example:
        stet clone stet://127.0.0.1:7474/dprk-desk
        stet clone ssh://anna@laptop.local/~/news/dprk-desk.stet
        stet clone /mnt/stick/dprk-desk.bundle
      """
  )

  @Argument(help: "stet://HOST:PORT/ARCHIVE, ssh://HOST/FILE, exec:COMMAND, or a bundle's file.")
  var address: String
  @Argument(help: "The new file, if not ARCHIVE.stet here.") var file: String?
  @Option(
    name: .customLong("as"),
    help: "How you want to be called in it; STET_NAME, else your login."
  )
  var memberName: String?
  @Flag(help: "Print JSON.") var json = false
  @Flag(help: "Print round trips, bytes, packs, changes and seconds; not of a bundle.")
  var stats = false
  @Flag(help: "No messages and no progress.") var quiet = false
  @OptionGroup var index: IndexOptions

  func run() async throws {
    if BundleReader.isBundle(address) { return try copyBundle() }
    let parsed = try RemoteAddress.parse(address)
    guard let path = file ?? parsed.archiveName.map({ $0 + ".stet" }) else {
      throw VerbFailure(.usage, "say after the command what the new file is to be called")
    }
    let isFresh = !FileManager.default.fileExists(atPath: path)
    let replica = try begin(path, from: address)
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
      if isFresh { try Self.abandon(replica) }
      throw error
    }
    try replica.finishCloning()
    try index.close(replica)
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

  private func copyBundle() throws {
    let bundle = try BundleReader(address)
    let path = file ?? bundle.head.genesis.name + ".stet"
    let isFresh = !FileManager.default.fileExists(atPath: path)
    let replica = try begin(path, from: URL(filePath: address).standardizedFileURL.path)
    let report: BundleReport
    do {
      report = try BundleReport(applying: bundle, to: replica, verb: "clone", isQuiet: quiet)
    } catch {
      if isFresh { try Self.abandon(replica) }
      throw error
    }
    try replica.finishCloning()
    try index.close(replica)
    try report.write(json: json, isQuiet: quiet)
  }

  /// A new file to copy into, or one whose copy was broken off.
  private func begin(_ path: String, from address: String) throws -> Replica {
    let environment = Machine.environment(memberName: memberName, lockTimeout: 10)
    return try FileManager.default.fileExists(atPath: path)
      ? Self.unfinished(path, from: address, environment: environment)
      : Replica.createForCloning(at: path, from: address, environment: environment)
  }

  /// Removes the file of a copy that never began.
  private static func abandon(_ replica: Replica) throws {
    guard try replica.genesis() == nil else { return }
    try replica.close()
    replica.remove()
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
