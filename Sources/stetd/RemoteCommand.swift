import ArgumentParser
import Foundation
import HubService
import HubStorage
import HubStorageSQLite

/// `stetd remote`.
struct RemoteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remote",
    abstract: "Name the hubs that an archive is kept in sync with.",
    discussion: """
      A running hub calls them at its start, whenever something new has come, and at an interval, and \
      what differs goes over both ways. It notices a remote that is added or removed meanwhile.
      """,
    subcommands: [Add.self, List.self, Remove.self]
  )

  /// `stetd remote add`.
  struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "add",
      abstract: "Keep an archive in sync with another hub's.",
      discussion: """
        Example:
          stetd remote add dprk-desk stet://127.0.0.1:7475/dprk-desk --data hub
        """
    )

    @OptionGroup var data: DataOption
    @Argument(help: "An archive of this hub.") var archive: String
    @Argument(help: "stet://HOST:PORT/ARCHIVE.") var address: String

    func run() throws {
      guard try SQLiteHubStorage(folder: data.folder).archiveNames().contains(archive) else {
        throw HubStorageFailure.unknown(archive)
      }
      try HubRemotes(folder: data.folder).add(address, to: archive)
      RemoteCommand.note("\(archive) is kept in sync with \(address)")
    }
  }

  /// `stetd remote list`.
  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list",
      abstract: "The remotes of all archives.",
      discussion: """
        Example:
          stetd remote list --data hub --json
        """
    )

    @OptionGroup var data: DataOption
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
      let remotes = try HubRemotes(folder: data.folder).all()
      if json {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let rows = remotes.map { ["archive": $0.archive, "address": $0.text] }
        print(String(decoding: try encoder.encode(rows), as: UTF8.self))
      } else {
        for remote in remotes { print(remote.archive + "\t" + remote.text) }
      }
    }
  }

  /// `stetd remote remove`.
  struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "remove",
      abstract: "Call another hub no more; nothing is deleted there or here.",
      discussion: """
        Example:
          stetd remote remove dprk-desk stet://127.0.0.1:7475/dprk-desk --data hub
        """
    )

    @OptionGroup var data: DataOption
    @Argument(help: "An archive of this hub.") var archive: String
    @Argument(help: "The remote's address.") var address: String

    func run() throws {
      try HubRemotes(folder: data.folder).remove(address, from: archive)
      RemoteCommand.note("\(archive) is no longer kept in sync with \(address)")
    }
  }

  private static func note(_ line: String) {
    FileHandle.standardError.write(Data((line + "\n").utf8))
  }
}
