internal import Foundation
internal import Synchronization

/// A program at the other end of two pipes.
///
/// It lives as long as our ends of the pipes: they are closed when the session has ended, or by the
/// system when this process is killed, and that tells the program to end. Its stderr is ours.
package final class PeerProcess: Sendable {
  /// How a program ended.
  package enum Ending: Hashable, Sendable {
    case code(Int32)
    case signal(Int32)
  }

  /// Where its stdin is written.
  let input: Int32
  /// Where its stdout is read.
  let output: Int32
  private let identifier: pid_t

  /// Starts the program, in our own process group: ssh asks for a passphrase at the terminal, and
  /// Foundation's `Process` would put it into the background there.
  ///
  /// - Throws: ``TransportFailure/programDoesNotStart(_:reason:)``.
  init(_ command: PeerCommand) throws {
    (identifier, input, output) = try Self.starting.withLock { _ in
      let pipes = try Pipes(for: command.words[0])
      do {
        let identifier = try Self.spawn(command.words, pipes)
        // With these open here too, neither side would ever see the other's end.
        close(pipes.input.read)
        close(pipes.output.write)
        return (identifier, pipes.input.write, pipes.output.read)
      } catch {
        pipes.close()
        throw error
      }
    }
  }

  /// One program at a time: between the making of a pipe and its mark that no other program inherits
  /// it, no other program may start.
  private static let starting = Mutex(())

  /// Gives up the pipes, when nobody else took them over.
  func closePipes() {
    close(input)
    close(output)
  }

  /// Waits for the program to end after its pipes were closed, and helps where it does not by itself.
  func ending() async -> Ending {
    let identifier = identifier
    let steps: [(patience: Duration, signal: Int32)] = [
      (.seconds(5), SIGTERM), (.seconds(2), SIGKILL),
    ]
    // A pool that is shut down means that the process ends: the system looks after its children.
    return
      (try? await Blocking.run {
        for step in steps {
          let deadline = ContinuousClock.now + step.patience
          while ContinuousClock.now < deadline {
            if let ending = Self.ending(of: identifier, WNOHANG) { return ending }
            usleep(1000)
          }
          kill(identifier, step.signal)
        }
        return Self.ending(of: identifier, 0) ?? .signal(SIGKILL)
      }) ?? .signal(SIGKILL)
  }

  /// How the program ended, and lets the system forget it; `nil` while it runs.
  private static func ending(of identifier: pid_t, _ options: Int32) -> Ending? {
    var status: Int32 = 0
    while true {
      switch waitpid(identifier, &status, options) {
      case identifier:
        let signal = status & 0x7F
        return signal == 0 ? .code(status >> 8 & 0xFF) : .signal(signal)
      case -1 where errno == EINTR: continue
      case -1: return .code(0)
      default: return nil
      }
    }
  }

  private static func spawn(_ words: [String], _ pipes: Pipes) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, pipes.input.read, STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, pipes.output.write, STDOUT_FILENO)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // What is ignored or blocked here is not to be so there.
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    for signal in [SIGPIPE, SIGINT, SIGQUIT, SIGTERM] { sigaddset(&signals, signal) }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(
      &attributes,
      Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK)
    )
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var child = pid_t()
    let problem = posix_spawn(&child, words[0], &actions, &attributes, &arguments, environ)
    guard problem == 0 else {
      throw TransportFailure.programDoesNotStart(
        words[0],
        reason: String(cString: strerror(problem))
      )
    }
    return child
  }
}

extension PeerProcess.Ending: CustomStringConvertible {
  package var description: String {
    switch self {
    case .code(let code): "with code \(code)"
    case .signal(let signal): "by signal \(signal)"
    }
  }
}

/// Two pipes that no other program inherits.
private struct Pipes {
  let input: (read: Int32, write: Int32)
  let output: (read: Int32, write: Int32)

  init(for program: String) throws {
    var ends: [Int32] = [-1, -1, -1, -1]
    let hasPipes = ends.withUnsafeMutableBufferPointer { ends in
      guard let first = ends.baseAddress else { return false }
      return pipe(first) == 0 && pipe(first + 2) == 0
    }
    guard hasPipes else {
      let problem = errno
      for end in ends where end >= 0 { Foundation.close(end) }
      throw TransportFailure.programDoesNotStart(
        program,
        reason: String(cString: strerror(problem))
      )
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    input = (ends[0], ends[1])
    output = (ends[2], ends[3])
  }

  func close() {
    for end in [input.read, input.write, output.read, output.write] { Foundation.close(end) }
  }
}
