import ArgumentParser
import Foundation

/// The hub's program.
@main
struct StetDaemon: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stetd",
    abstract: "The hub that stet replicas sync through.",
    discussion: """
      Example:
        stetd archive create dprk-desk --data hub
        stetd serve --data hub --listen 127.0.0.1:7474
        stetd remote add dprk-desk stet://127.0.0.1:7475/dprk-desk --data hub

      Exit codes: 0 ok, 1 failed, 2 usage, 3 partly done, 4 no such item, 7 damage found, \
      8 not permitted, 9 temporary, 11 locked, 13 made by a newer stet. Any other code is a failure too.
      """,
    version: "stetd 1 (protocol stet/1, format 1)",
    subcommands: [
      ServeCommand.self, ArchiveCommand.self, RemoteCommand.self, VerifyCommand.self,
      RepairCommand.self,
      BackupCommand.self, CompactCommand.self,
    ]
  )

  static func main() async {
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      DaemonExit.exit(with: error)
    }
  }
}

/// Where the archives are.
struct DataOption: ParsableArguments {
  @Option(
    name: .long,
    help: "Folder that holds the hub's archives; STETD_DATA, else 'hub'."
  )
  var data: String?

  var folder: URL {
    URL(filePath: data ?? ProcessInfo.processInfo.environment["STETD_DATA"] ?? "hub")
  }
}
