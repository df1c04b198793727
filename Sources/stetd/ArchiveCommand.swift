import ArgumentParser
import Foundation
import HubStorageSQLite

/// `stetd archive`.
struct ArchiveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "archive",
    abstract: "Make and list archives.",
    subcommands: [Create.self, List.self]
  )

  /// `stetd archive create`.
  struct Create: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "create",
      abstract: "Make an empty archive; the first replica that syncs into it fills it.",
      discussion: """
        Example:
          stetd archive create dprk-desk --data hub
        """
    )

    @OptionGroup var data: DataOption
    @Argument(help: "Letters, digits, '-', '_' and '.'.") var name: String

    func run() throws {
      try SQLiteHubStorage(folder: data.folder).createArchive(named: name)
      FileHandle.standardError.write(Data("made the archive \(name)\n".utf8))
    }
  }

  /// `stetd archive list`.
  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list",
      abstract: "The archives of a hub.",
      discussion: """
        Example:
          stetd archive list --data hub --json
        """
    )

    @OptionGroup var data: DataOption
    @Flag(help: "Print a JSON array.") var json = false

    func run() throws {
      let names = try SQLiteHubStorage(folder: data.folder).archiveNames()
      if json {
        print(String(decoding: try JSONEncoder().encode(names), as: UTF8.self))
      } else {
        for name in names { print(name) }
      }
    }
  }
}
