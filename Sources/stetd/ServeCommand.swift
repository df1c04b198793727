import ArgumentParser
import Foundation
import HubService
import HubStorageSQLite
import Logging
import ServiceLifecycle
import SyncTransport

/// `stetd serve`.
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Answer replicas until told to stop (SIGTERM).",
    discussion: """
      The first line on stdout is the address that was taken; log lines go to stderr. Archives with \
      remotes ('stetd remote add') are kept in sync with those.

      Example:
        stetd serve --data hub --listen 127.0.0.1:7474
      """
  )

  @OptionGroup var data: DataOption

  @Option(help: "HOST:PORT; port 0 lets the system choose. Only this machine's own addresses.")
  var listen = "127.0.0.1:7474"

  @Option(help: "Seconds after which a remote is called again, if nothing new has come before.")
  var remoteInterval = 60

  @Option(
    help: """
      Seconds without a session after which an archive's small packs are joined and all compressed \
      harder, with the lowest priority; 0: never.
      """
  )
  var compactAfter = 60

  @OptionGroup(title: "Limits of each session") var limits: SessionLimits

  @Option(help: "Least important log lines to print: debug, info, warning or error.")
  var logLevel = "info"

  func run() async throws {
    guard let address = ListenAddress(listen) else {
      throw ValidationError("--listen takes HOST:PORT, as in 127.0.0.1:7474")
    }
    guard let level = Logger.Level(rawValue: logLevel) else {
      throw ValidationError("--log-level takes debug, info, warning or error")
    }
    guard (1...86_400).contains(remoteInterval) else {
      throw ValidationError("--remote-interval takes seconds, from 1 to 86400")
    }
    guard (0...86_400).contains(compactAfter) else {
      throw ValidationError("--compact-after takes seconds, from 0 to 86400")
    }
    OpenFiles.raiseLimit()
    var logger = Logger(label: "stetd") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = level
    let storage = try SQLiteHubStorage(
      folder: data.folder,
      upgraded: { [logger] name, upgrade in logger.notice("\(name): \(upgrade)") },
      foundForeign: { [logger] name, setAside in logger.warning("\(name): \(setAside)") }
    )
    let server = HubServer(
      storage: storage,
      host: address.host,
      port: address.port,
      remotes: HubRemotes(folder: data.folder),
      remoteInterval: .seconds(remoteInterval),
      compaction: compaction,
      limits: limits.syncLimits,
      logger: logger,
      now: { Int64((Date().timeIntervalSince1970 * 1000).rounded()) },
      listening: { address in
        FileHandle.standardOutput.write(Data((address + "\n").utf8))
      }
    )
    var configuration = ServiceGroupConfiguration(
      services: [.init(service: server, successTerminationBehavior: .gracefullyShutdownGroup)],
      gracefulShutdownSignals: [.sigterm, .sigint],
      logger: logger
    )
    configuration.maximumGracefulShutdownDuration = .seconds(5)
    try await ServiceGroup(configuration: configuration).run()
    try storage.close()
  }

  private var compaction: IdleCompaction<SQLiteHubStorage>? {
    guard compactAfter > 0 else { return nil }
    return IdleCompaction(after: .seconds(compactAfter)) { storage, name, position, mayGoOn in
      let joining = try storage.joinPacks(name, after: position, mayGoOn: mayGoOn)
      let tally = try storage.compact(name, .gentle, after: position, mayGoOn: mayGoOn)
      return IdleCompactionStep(
        position: min(joining.settledPosition, tally.position),
        replacedCount: joining.joinedCount + tally.replacedCount,
        savedByteCount: joining.byteCountBefore - joining.byteCount + tally.byteCountBefore
          - tally.byteCount
      )
    }
  }
}
