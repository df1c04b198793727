import ArgumentParser
import Foundation
import HubStorageSQLite
import LogStorage

/// `stetd backup`.
struct BackupCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup",
    abstract: "Copy archives' whole history into a folder, and make archives from that again.",
    discussion: """
      FOLDER gets a folder per archive; 'stet backup' reads those too.

      Example:
        stetd backup create /mnt/disk/hub --data hub
        stetd backup check /mnt/disk/hub
        stetd backup restore /mnt/disk/hub --data hub
      """,
    subcommands: [Create.self, Check.self, Restore.self]
  )

  /// `stetd backup create`.
  struct Create: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "create",
      abstract: "Add to the backups in a folder what is new since the last time.",
      discussion: """
        Also while the hub answers. Broken off anywhere, the earlier backup stays good.

        Example:
          stetd backup create /mnt/disk/hub --data hub
          stetd backup create /mnt/disk/hub dprk-desk --data hub
        """
    )

    @OptionGroup var data: DataOption
    @Argument(help: "The folder of the backups, made where it is missing.") var folder: String
    @Argument(help: "Archives; all, where none is named.") var names: [String] = []

    func run() throws {
      let storage = try SQLiteHubStorage(
        folder: data.folder,
        upgraded: { BackupCommand.note("\($0): \($1)") },
        foundForeign: { BackupCommand.note("\($0): \($1)") }
      )
      for name in try names.isEmpty ? storage.archiveNames() : names {
        let receipt = try storage.backUp(
          name,
          to: URL(filePath: folder).appending(path: name),
          time: Int64((Date().timeIntervalSince1970 * 1000).rounded())
        )
        BackupCommand.note(
          "added \(receipt.newChangeCount) changes of \(name), \(receipt.newByteCount) bytes: "
            + "the backup holds \(receipt.manifest.position)"
        )
      }
      try storage.close()
    }
  }

  /// `stetd backup check`.
  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "check",
      abstract: "See whether backups could be restored, by doing so in a temporary folder.",
      discussion: """
        Verifies every signature, and compares what comes of it with what the archive was. Exits \
        with 7 when anything is damaged.

        Example:
          stetd backup check /mnt/disk/hub
        """
    )

    @Argument(help: "The folder of the backups.") var folder: String
    @Argument(help: "Archives; all, where none is named.") var names: [String] = []

    func run() throws {
      for name in try names.isEmpty ? BackupCommand.names(in: folder) : names {
        let backup = try LogBackupReader(URL(filePath: folder).appending(path: name))
        try SQLiteHubStorage.check(backup)
        BackupCommand.note("the backup of \(name) is whole: \(backup.manifest.position) changes")
      }
    }
  }

  /// `stetd backup restore`.
  struct Restore: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "restore",
      abstract: "Make archives from backups.",
      discussion: """
        No archive is overwritten: move the old file away first, while the hub is stopped. What \
        replicas have got since the backup comes back when they sync.

        Example:
          stetd backup restore /mnt/disk/hub --data hub
        """
    )

    @OptionGroup var data: DataOption
    @Argument(help: "The folder of the backups.") var folder: String
    @Argument(help: "Archives; all, where none is named.") var names: [String] = []

    func run() throws {
      let storage = try SQLiteHubStorage(folder: data.folder)
      for name in try names.isEmpty ? BackupCommand.names(in: folder) : names {
        let backup = try LogBackupReader(URL(filePath: folder).appending(path: name))
        try storage.restore(name, from: backup)
        BackupCommand.note("restored \(name) with \(backup.manifest.position) changes")
      }
      try storage.close()
    }
  }

  /// The archives that have a backup in a folder.
  ///
  /// - Throws: `LogBackupFailure.missing` where there is none.
  private static func names(in folder: String) throws -> [String] {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { name in
      FileManager.default.fileExists(atPath: folder + "/" + name + "/manifest")
    }
    guard !names.isEmpty else { throw LogBackupFailure.missing(folder) }
    return names.sorted()
  }

  private static func note(_ line: String) {
    FileHandle.standardError.write(Data((line + "\n").utf8))
  }
}
