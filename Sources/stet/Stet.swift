import ArgumentParser

/// The client's program.
@main
struct Stet: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stet",
    abstract: "Keep an archive of news articles on several machines.",
    discussion: """
      Example:
        stet init dprk-desk
        stet import page.txt --source iranpress
        stet annotate ID --quote 'a passage' --note 'compare with June'
        stet remote add origin stet://127.0.0.1:7474/dprk-desk
        stet sync

      The archive is named by --archive FILE, else STET_ARCHIVE, else the one *.stet file in the \
      current folder.

      Exit codes: 0 ok, 1 failed, 2 usage, 3 partly done, 4 no such item or ambiguous, \
      7 damage found, 8 not permitted, 9 peer unreachable, 10 no archive here, 11 archive locked, \
      13 archive newer than this program, 14 protocol mismatch. Any other code is a failure too.
      """,
    version: "stet 1 (protocol stet/1, format 1)",
    groupedSubcommands: [
      CommandGroup(
        name: "Archive",
        subcommands: [
          InitVerb.self, StatusVerb.self, ProfileVerb.self, DigestVerb.self, VerifyVerb.self,
          RepairVerb.self, HeldVerb.self, RebuildVerb.self, IndexVerb.self, BackupVerb.self,
          CompactVerb.self,
        ]
      ),
      CommandGroup(
        name: "Articles",
        subcommands: [
          ImportVerb.self, ListVerb.self, ShowVerb.self, SearchVerb.self, CollectionVerb.self,
        ]
      ),
      CommandGroup(
        name: "Editing",
        subcommands: [
          EditVerb.self, SetVerb.self, TagVerb.self, AnnotateVerb.self, NoteVerb.self,
          PinVerb.self, RemoveVerb.self, RestoreVerb.self,
        ]
      ),
      CommandGroup(
        name: "Reviewing",
        subcommands: [
          ConflictsVerb.self, ResolveVerb.self, CorrectionsVerb.self, OrphansVerb.self,
          ReanchorVerb.self,
        ]
      ),
      CommandGroup(
        name: "History",
        subcommands: [
          LogVerb.self, DiffVerb.self, BlameVerb.self, UndoVerb.self, RedoVerb.self,
        ]
      ),
      CommandGroup(
        name: "Syncing",
        subcommands: [
          CloneVerb.self, RemoteVerb.self, SyncVerb.self, ServeVerb.self, BundleVerb.self,
        ]
      ),
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
      guard Console.finish() else {
        throw VerbFailure(.failed, "the output could not be written: see that there is room for it")
      }
    } catch {
      ExitStatus.exit(with: error)
    }
  }
}
