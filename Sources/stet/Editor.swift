import Foundation

/// The user's editor, on a temporary file.
enum Editor {
  /// Runs the editor on a file until it ends; the terminal is the editor's meanwhile.
  ///
  /// `VISUAL`, else `EDITOR`, else `vi`, through the shell as git does: it may have arguments.
  /// - Throws: ``VerbFailure`` when there is none, or it does not end well.
  static func run(on path: String) throws {
    let command = try command()
    let words = ["/bin/sh", "-c", "\(command) \"$@\"", command, path]
    let status = try Interrupts.ignored { try Self.status(of: words) }
    guard status == 0 else {
      throw VerbFailure(.failed, "the editor \"\(command)\" ended with code \(status)")
    }
  }

  private static func command() throws -> String {
    let environment = ProcessInfo.processInfo.environment
    for name in ["VISUAL", "EDITOR"] {
      if let command = environment[name], !command.isEmpty { return command }
    }
    guard isatty(STDIN_FILENO) == 1 else {
      throw VerbFailure(.usage, "there is no terminal for an editor: give the text with --file")
    }
    return "vi"
  }

  /// Runs a program in our own process group: Foundation's `Process` makes one of its own, and a
  /// terminal stops an editor that reads from the background.
  private static func status(of words: [String]) throws -> Int32 {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGQUIT)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var child = pid_t()
    let problem = posix_spawn(&child, words[0], nil, &attributes, &arguments, environ)
    guard problem == 0 else {
      throw VerbFailure(
        .failed,
        "\(words[0]) does not start: \(String(cString: strerror(problem)))"
      )
    }
    var status: Int32 = 0
    while waitpid(child, &status, 0) == -1, errno == EINTR {}
    // As a shell says it: the code, or 128 and the signal.
    let signal = status & 0x7F
    return signal == 0 ? status >> 8 & 0xFF : 128 + signal
  }
}

/// Ctrl-C and Ctrl-\ are the editor's while it runs.
private enum Interrupts {
  static func ignored<Result>(_ body: () throws -> Result) rethrows -> Result {
    let interrupt = signal(SIGINT, SIG_IGN)
    let quit = signal(SIGQUIT, SIG_IGN)
    defer {
      signal(SIGINT, interrupt)
      signal(SIGQUIT, quit)
    }
    return try body()
  }
}
