import Foundation
import Synchronization

/// The processes that run at this moment, so that signals can be sent to them.
///
/// A signal can only reach a process of ours: a process is reaped under the same lock under which
/// signals are sent, so that its number is not somebody else's yet.
final class RunningPrograms: Sendable {
  private struct Running {
    let program: String
    let words: [String]
    let start: ContinuousClock.Instant
    var isKilled = false
    var isTerminated = false
    var isHung = false
  }

  private let running = Mutex<[pid_t: Running]>([:])
  private let folder = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    .deletingLastPathComponent()

  // MARK: - Running

  /// Runs a program to its end.
  ///
  /// - `folder`: where it runs.
  /// - `output`: its stdout goes to this file, its stderr beside it.
  /// - Throws: ``TortureProblem`` when it does not start.
  func run(
    _ program: String,
    _ words: [String],
    in folder: URL,
    environment: [String: String],
    output: URL
  ) throws -> ProgramRun {
    let complaints = output.appendingPathExtension("err")
    let start = ContinuousClock.now
    let process = try spawn(
      // Swift's Glibc has no spawn action that changes the folder.
      ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", folder.path]
        + [self.folder.appending(path: program).path] + words,
      environment: environment,
      output: output.path,
      complaints: complaints.path
    )
    running.withLock { $0[process] = Running(program: program, words: words, start: start) }
    let ending = wait(for: process)
    return ProgramRun(
      program: program,
      words: words,
      ending: ending,
      output: Self.text(of: output),
      complaints: Self.text(of: complaints)
    )
  }

  private static func text(of file: URL) -> String {
    String(decoding: (try? Data(contentsOf: file)) ?? Data(), as: UTF8.self)
  }

  private func spawn(
    _ words: [String],
    environment: [String: String],
    output: String,
    complaints: String
  ) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let writing = O_WRONLY | O_CREAT | O_TRUNC
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, writing, 0o600)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, complaints, writing, 0o600)
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] =
      environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in arguments + variables { free(text) } }
    var process = pid_t()
    let problem = posix_spawn(&process, words[0], &actions, nil, &arguments, &variables)
    guard problem == 0 else {
      throw TortureProblem("a process does not start: \(String(cString: strerror(problem)))")
    }
    return process
  }

  private func wait(for process: pid_t) -> ProgramRun.Ending {
    var information = siginfo_t()
    while waitid(P_PID, id_t(process), &information, WEXITED | WNOWAIT) == -1, errno == EINTR {}
    return running.withLock { running in
      var status: Int32 = 0
      while waitpid(process, &status, 0) == -1, errno == EINTR {}
      let left = running.removeValue(forKey: process)
      let signal = status & 0x7F
      if left?.isHung == true { return .hung }
      if signal == 0 { return .exited(status >> 8 & 0xFF) }
      let isOurs =
        signal == SIGKILL && left?.isKilled == true
        || signal == SIGTERM
          && left?.isTerminated == true
      return isOurs ? .killed : .crashed(signal)
    }
  }

  // MARK: - Signals

  /// Sends SIGKILL to one of the processes.
  ///
  /// - Returns: whether there was one.
  func killAny(using random: inout some RandomNumberGenerator) -> Bool {
    running.withLock { running in
      guard let process = running.keys.sorted().randomElement(using: &random) else { return false }
      running[process]?.isKilled = true
      return kill(process, SIGKILL) == 0
    }
  }

  /// Sends SIGSTOP to one of the processes.
  ///
  /// - Returns: how to let it go on.
  func stopAny(using random: inout some RandomNumberGenerator) -> (@Sendable () -> Void)? {
    running.withLock { running in
      guard let process = running.keys.sorted().randomElement(using: &random),
        let start = running[process]?.start, kill(process, SIGSTOP) == 0
      else { return nil }
      return { [self] in
        self.running.withLock { running in
          // The number may be another process's by now.
          if running[process]?.start == start { kill(process, SIGCONT) }
        }
      }
    }
  }

  /// Asks all processes of a program to stop.
  ///
  /// One that has only just begun may not yet know what to do about it, and dies of it.
  func terminate(_ program: String) {
    running.withLock { running in
      for (process, entry) in running where entry.program == program {
        running[process]?.isTerminated = true
        kill(process, SIGTERM)
      }
    }
  }

  /// Ends every run of `stet` that takes longer than any of its own limits would let it.
  func endHung(after limit: Duration) {
    running.withLock { running in
      for (process, entry) in running
      where entry.program == "stet" && .now - entry.start > limit {
        running[process]?.isHung = true
        kill(process, SIGKILL)
      }
    }
  }
}
