import ArgumentParser
import Foundation
import SyncProtocol
import SyncTransport
import UnixSignals

/// `stet serve`.
struct ServeVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Let other replicas sync with this one, until told to stop (SIGTERM).",
    discussion: """
      The first line on stdout is the address that was taken; others sync with \
      stet://ADDRESS/ARCHIVE. Other verbs can be used on the archive meanwhile.

      With --stdio one peer is answered on stdin and stdout: that is what 'stet sync ssh://HOST/FILE' \
      runs on HOST.

      Example:
        stet serve
        stet serve --listen 127.0.0.1:7475 --archive dprk-desk.stet
      """
  )

  @OptionGroup var global: GlobalOptions
  @Option(help: "HOST:PORT; port 0 lets the system choose. Only this machine's own addresses.")
  var listen: String?
  @Flag(help: "Answer one peer on stdin and stdout.") var stdio = false

  /// What is listened on, where nothing is said.
  private static let defaultAddress = "127.0.0.1:7474"

  func validate() throws {
    guard !stdio || listen == nil else {
      throw ValidationError("--stdio and --listen exclude each other")
    }
    guard ListenAddress(listen ?? Self.defaultAddress) != nil else {
      throw ValidationError("--listen takes HOST:PORT, as in 127.0.0.1:7474")
    }
  }

  func run() async throws {
    // What cannot be opened is said now, and not to the first who calls.
    let replica = try global.open()
    let (path, name) = (replica.path, try replica.genesis()?.name ?? "")
    try replica.close()
    let served = ServedReplica(
      at: path,
      answering: stdio ? .any : .own,
      lockTimeout: global.lockTimeout,
      isQuiet: global.quiet
    )
    if stdio {
      try await answer(from: served)
    } else {
      try await listen(for: name, served)
    }
  }

  // MARK: - One peer on stdin and stdout

  private func answer(from served: ServedReplica) async throws {
    let (input, output) = (dup(STDIN_FILENO), dup(STDOUT_FILENO))
    guard input >= 0, output >= 0 else { throw TransportFailure.noPipe }
    // Only the protocol goes to the peer, whatever is printed.
    dup2(STDERR_FILENO, STDOUT_FILENO)
    do {
      let session = try await SyncServer(limits: SyncLimits(), now: Machine.now)
        .answer(input: input, output: output) { try await served.store(for: $0) }
      guard session.outcome.verdict != .interrupted else { throw PeerFailure.lost }
    } catch let failure as PeerFailure {
      // The peer knows it, and says it to whoever started both.
      throw ExitCode((ExitStatus.describe(failure)?.0 ?? .failed).rawValue)
    }
  }

  // MARK: - Many peers over TCP

  private func listen(for name: String, _ served: ServedReplica) async throws {
    guard let address = ListenAddress(listen ?? Self.defaultAddress) else { return }
    let isQuiet = global.quiet
    let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
    let (servers, source) = AsyncStream.makeStream(of: ListeningServer.self)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for await server in servers {
          for await _ in signals {
            server.stop()
            break
          }
          break
        }
        // Sessions that have begun go on to their end, for this long; later they go on where they
        // broke.
        try await Task.sleep(for: .seconds(5))
        throw CancellationError()
      }
      group.addTask {
        try await SyncServer(limits: SyncLimits(), now: Machine.now).run(
          host: address.host,
          port: address.port,
          listening: { server in
            Console.writeAtOnce(server.address)
            if !isQuiet { Console.note("others sync with stet://\(server.address)/\(name)") }
            source.yield(server)
          },
          report: { if !isQuiet { Console.note(Self.sentence(of: $0)) } },
          authorise: { try await served.store(for: $0) }
        )
      }
      do {
        try await group.next()
      } catch is CancellationError {
        // Patience was over.
      }
      group.cancelAll()
    }
  }

  private static func sentence(of event: SyncServer.ConnectionEvent) -> String {
    switch event {
    case .ended(let peer, _, let session):
      let tally = session.outcome.tally
      return switch session.outcome.verdict {
      case .interrupted: "\(peer) went away before the end"
      case .equal: "\(peer): nothing new"
      case .delivered, .different:
        "\(peer): sent \(tally.changesSent) and received \(tally.changesReceived) changes"
      }
    case .failed(let peer, _, let error):
      return "\(peer): \(ExitStatus.describe(error)?.1 ?? "\(error)")"
    }
  }
}
