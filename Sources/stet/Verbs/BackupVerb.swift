import ArgumentParser
import Foundation
import LogStorage
import ProgressLine
import ReplicaStorage

/// `stet backup`.
struct BackupVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup",
    abstract:
      "Copy the archive's whole history into a folder, and make an archive from that again.",
    discussion: """
      A backup holds every change, and the names and addresses of remotes. It does not hold this \
      machine's keys: what is restored goes on under the keys of the machine it is restored on.

      Example:
        stet backup create /mnt/disk/desk
        stet backup check /mnt/disk/desk
        stet backup restore /mnt/disk/desk desk.stet
      """,
    subcommands: [Create.self, Check.self, Restore.self]
  )

  /// `stet backup create`.
  struct Create: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "create",
      abstract: "Add to the backup in a folder what is new since the last time.",
      discussion: """
        Also while others write to the archive. Broken off anywhere, the earlier backup stays good.

        Example:
          stet backup create /mnt/disk/desk
        """
    )

    @OptionGroup var global: GlobalOptions
    @Argument(help: "The backup's folder, made where it is missing.") var folder: String

    func run() throws {
      let replica = try global.open()
      let progress = ProgressLine("backup", unit: "changes", isQuiet: global.quiet)
      let receipt = try replica.backUp(to: URL(filePath: folder)) { step in
        if case .wrotePack(let position, let end) = step {
          progress.show(Int(position), of: Int(end))
        }
      }
      progress.finish()
      try replica.close()
      if global.json {
        try JSONOutput.write(BackupJSON(receipt))
      } else if !global.quiet {
        Console.note(
          receipt.newChangeCount == 0
            ? "nothing new: \(folder) holds all \(receipt.manifest.position) changes"
            : "added \(receipt.newChangeCount) changes, \(receipt.newByteCount) bytes: "
              + "\(folder) holds \(receipt.manifest.position)"
        )
      }
    }
  }

  /// `stet backup check`.
  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "check",
      abstract: "See whether a backup could be restored, by doing so in a temporary folder.",
      discussion: """
        Verifies every signature, and compares what comes of it with what the archive was. Exits \
        with 7 when anything is damaged. Also for the backup of a hub.

        Example:
          stet backup check /mnt/disk/desk
        """
    )

    @Argument(help: "The backup's folder.") var folder: String
    @Flag(help: "Print JSON.") var json = false
    @Flag(help: "No messages and no progress.") var quiet = false

    func run() throws {
      let backup = try LogBackupReader(URL(filePath: folder))
      let progress = ProgressLine("check", unit: "changes", isQuiet: quiet)
      let digest = try Replica.check(
        backup,
        environment: Machine.environment(lockTimeout: 10)
      ) { progress.show(Int($0), of: Int($1)) }
      progress.finish()
      if json {
        try JSONOutput.write(BackupJSON(backup.manifest, digest: digest))
      } else if !quiet {
        Console.note(
          "the backup of \(backup.manifest.name) is whole: \(backup.manifest.position) changes"
        )
      }
    }
  }

  /// `stet backup restore`.
  struct Restore: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "restore",
      abstract: "Make an archive's file from a backup.",
      discussion: """
        The new file is a replica of its own. What remotes have got since the backup comes back \
        with 'stet sync'. No file is overwritten.

        Example:
          stet backup restore /mnt/disk/desk desk.stet
          stet sync
        """
    )

    @Argument(help: "The backup's folder.") var folder: String
    @Argument(help: "The new file.") var file: String
    @Option(
      name: .customLong("as"),
      help: "How you want to be called in it; STET_NAME, else your login."
    )
    var memberName: String?
    @Flag(help: "Print JSON.") var json = false
    @Flag(help: "No messages and no progress.") var quiet = false
    @OptionGroup var index: IndexOptions

    func run() throws {
      let backup = try LogBackupReader(URL(filePath: folder))
      let progress = ProgressLine("restore", unit: "changes", isQuiet: quiet)
      let replica = try Replica.restore(
        backup,
        to: file,
        environment: Machine.environment(memberName: memberName, lockTimeout: 10)
      ) { progress.show(Int($0), of: Int($1)) }
      progress.finish()
      let remotes = try replica.remotes()
      try index.close(replica)
      if json {
        try JSONOutput.write(BackupJSON(backup.manifest, digest: backup.manifest.state))
      } else if !quiet {
        Console.note(
          "restored \(backup.manifest.name) with \(backup.manifest.position) changes to \(file)"
        )
        Console.note(
          remotes.isEmpty
            ? "it has no remote: 'stet remote add origin stet://HOST:PORT/ARCHIVE' adds one"
            : "'stet sync' brings what \(remotes.map(\.name).joined(separator: ", ")) got since"
        )
      }
    }
  }
}

/// A backup in JSON.
private struct BackupJSON: Encodable {
  let archive: String
  let changes: UInt64
  let time: Int64
  let digest: Nullable<String>
  var changes_added: UInt64?
  var packs_added: Int?
  var bytes_added: Int?

  init(_ receipt: LogBackupReceipt) {
    self.init(receipt.manifest, digest: receipt.manifest.state)
    changes_added = receipt.newChangeCount
    packs_added = receipt.newPackCount
    bytes_added = receipt.newByteCount
  }

  init(_ manifest: LogBackupManifest, digest: String?) {
    archive = manifest.name
    changes = manifest.position
    time = manifest.time
    self.digest = Nullable(digest)
  }
}
