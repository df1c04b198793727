import ArgumentParser
import Foundation
import ReplicaStorage

/// Whether the search index is read on in the background.
struct IndexOptions: ParsableArguments {
  @Flag(
    help: "Start no process that reads on for the search index; so does STET_NO_BACKGROUND_INDEX."
  )
  var noBackgroundIndex = false

  /// Closes an archive, and has its index read on in the background where it is far behind.
  func close(_ replica: Replica) throws {
    let (isBehind, path) = (isFarBehind(replica), replica.path)
    try replica.close()
    if isBehind { BackgroundIndex.start(at: path) }
  }

  /// Has an open archive's index read on in the background where it is far behind.
  func readOn(_ replica: Replica) {
    if isFarBehind(replica) { BackgroundIndex.start(at: replica.path) }
  }

  private func isFarBehind(_ replica: Replica) -> Bool {
    // The verb's own work is done: it does not fail for the index.
    let unreadCount = (try? replica.searchPosition())?.unreadCount ?? 0
    return unreadCount > SearchPosition.smallBacklog && !isOff
  }

  private var isOff: Bool {
    noBackgroundIndex
      || !(ProcessInfo.processInfo.environment["STET_NO_BACKGROUND_INDEX"] ?? "").isEmpty
  }
}

/// A process of our own that brings a search index up to date, after the verb that left it behind.
///
/// **Why a process.** The index costs ten times what storing the text costs, and who imports or syncs
/// does not want to wait for it. A program with a window reads on when its user pauses, as Zotero
/// does. A command line has no such time. notmuch leaves it to its user to run `notmuch new`, and
/// finds what the last run read. git has the same trouble with its upkeep: `git gc --auto` looks whether
/// there is enough to do, and goes on in the background (git-config(1), *gc.autoDetach*). That needs
/// nothing installed and nothing remembered, and nothing depends on it: where it never ran or was killed,
/// the next large verb or search starts it again, and `stet index` does its work in the foreground.
///
/// **What keeps it harmless.** It has a session of its own, no terminal, no folder and none of the
/// starter's files, and the lowest priority. There is one at a time for a file. It opens the
/// archive for each transaction, so that the file is whole and closed in between, and SQLite's files
/// beside it are gone: people move and copy archive files, and cannot know of this process. It ends when
/// there is nothing left to read, when the file was moved, removed or replaced, and at the first error.
enum BackgroundIndex {
  /// How long somebody may hold the archive's lock, seconds; whoever it is starts another one.
  private static let lockTimeout = 60.0

  // MARK: - The one who starts it

  /// Starts it and goes on; where it does not start, the index stays behind.
  ///
  /// - `path`: of the archive's file, absolute.
  static func start(at path: String) {
    guard let program = Bundle.main.executablePath else { return }
    keepOpenFiles()
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] {
      posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
    }
    let words = [program, "index", "--detached", "--archive", path]
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var process = pid_t()
    posix_spawn(&process, program, &actions, nil, &arguments, environ)
  }

  /// Keeps the files that we were given open to ourselves: a lock or a pipe among them would not be free
  /// before the new process ends.
  private static func keepOpenFiles() {
    let open = (try? FileManager.default.contentsOfDirectory(atPath: "/dev/fd")) ?? []
    for descriptor in open.compactMap({ Int32($0) }) where descriptor > STDERR_FILENO {
      _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }
  }

  // MARK: - The process itself

  /// Leaves the starter's session, and reads on until the index is up to date.
  ///
  /// - Throws: what ended it earlier; nobody is told.
  static func run(at path: String) throws {
    // Relative to the folder that is left.
    let path = URL(filePath: path).resolvingSymlinksInPath().path
    leaveStarter()
    guard let file = FileIdentity(path) else { return }
    // What comes while the lock is given back is somebody's who found it taken.
    while try isBehind(path), file == FileIdentity(path) {
      guard let lock = IndexLock(of: file, in: Machine.stateFolder) else { return }
      defer { lock.release() }
      try readOn(path, file)
    }
  }

  private static func leaveStarter() {
    setsid()
    _ = nice(19)
    chdir("/")
  }

  private static func readOn(_ path: String, _ file: FileIdentity) throws {
    while file == FileIdentity(path) {
      let position = try withReplica(path) { replica in
        let position = try replica.readOnSearch(at: .background)
        try replica.foldLog()
        return position
      }
      guard position.unreadCount > 0 else { return }
      SearchPace.background.giveWay()
    }
  }

  private static func isBehind(_ path: String) throws -> Bool {
    try withReplica(path) { try $0.searchPosition().unreadCount > 0 }
  }

  private static func withReplica<Result>(
    _ path: String,
    _ body: (Replica) throws -> Result
  ) throws -> Result {
    let replica = try Replica.open(
      path,
      environment: Machine.environment(lockTimeout: lockTimeout)
    )
    let result = Swift.Result { try body(replica) }
    try replica.close()
    return try result.get()
  }
}
