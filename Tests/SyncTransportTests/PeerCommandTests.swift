import ChangeLog
import Foundation
import HubStorage
import SyncProtocol
import SyncSimulation
import SyncTransport
import Testing

@Suite struct PeerCommandTests {
  private func sync(through command: PeerCommand) async throws {
    let random = SharedRandom(seed: 5)
    let storage = MemoryHubStorage {
      guard let store = StoreID(random.bytes(16)) else { preconditionFailure("16 bytes") }
      return store
    }
    try storage.createArchive(named: "desk")
    _ = try await SyncClient(limits: SyncLimits(), now: { 0 }).sync(
      BlockingSessionStore(try storage.archive(named: "desk")),
      through: command,
      name: "desk",
      archive: nil,
      peer: nil
    )
  }

  private static let endings: [(command: String, ending: PeerProcess.Ending)] = [
    ("exit 0", .code(0)), ("exit 3", .code(3)), ("/no/such/program", .code(127)),
    ("cat > /dev/null & exec sh -c 'kill -9 $$'", .signal(9)),
    // The greeting, and then nothing.
    (#"printf 'stet/1\r\n'; exit 5"#, .code(5)),
    // Half a frame.
    (#"printf 'stet/1\r\n\0\0'; exit 6"#, .code(6)),
  ]

  @Test(arguments: endings)
  func `a program that ends before the session is told with how it ended`(
    command: String,
    ending: PeerProcess.Ending
  ) async throws {
    await #expect(throws: TransportFailure.programEnded(.command(command), ending)) {
      try await sync(through: .shell(command))
    }
  }

  @Test(arguments: ["echo Welcome to this machine", "printf 'HTTP/1.1 400\r\n'; cat > /dev/null"])
  func `a program that speaks something else is named`(command: String) async throws {
    await #expect(throws: TransportFailure.programBabbles(.command(command))) {
      try await sync(through: .shell(command))
    }
  }

  @Test func `a program that has ended is forgotten by the system too`() async throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "pid-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: file) }
    let command = PeerCommand.shell("echo $$ > '\(file.path)'; echo no; exec cat > /dev/null")
    await #expect(throws: TransportFailure.programBabbles(command.purpose)) {
      try await sync(through: command)
    }
    let text = try String(contentsOf: file, encoding: .utf8)
    let identifier = try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    #expect(kill(identifier, 0) == -1)
    #expect(errno == ESRCH)
  }

  /// The words that a shell makes of the remote command, by a `stet` that prints them.
  @Test(arguments: [
    "desk.stet", "our desk.stet", "it's.stet", "a!b.stet", "-x.stet", "$(touch x).stet", "`id`",
    "a;b|c&d>e<f*g?h[i]j{k}l~m#n\\o\"p", "two\nlines", "’quoted’", "''", "!'!",
  ])
  func `the path arrives as it is, whatever stands in it`(path: String) throws {
    let encoded = try #require(path.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
    let address = try #require(SSHAddress("ssh://desk/srv/" + encoded))
    let remote = try #require(PeerCommand.ssh(to: address).words.last)
    let shell = Process()
    shell.executableURL = URL(filePath: "/bin/sh")
    shell.arguments = ["-c", #"stet() { printf '%s\0' "$@"; }; "# + remote]
    let output = Pipe()
    shell.standardOutput = output
    try shell.run()
    let printed = String(
      decoding: output.fileHandleForReading.readDataToEndOfFile(),
      as: UTF8.self
    )
    shell.waitUntilExit()
    #expect(
      printed.split(separator: "\0").map(String.init)
        == ["serve", "--stdio", "--archive=/srv/" + path]
    )
  }

  @Test func `ssh gets a port, the login and one word for the shell there`() throws {
    let address = try #require(SSHAddress("ssh://anna@desk:2222/~/a.stet"))
    let command = PeerCommand.ssh(to: address, ssh: "ssh -v", program: "/opt/stet")
    #expect(
      command.words == [
        "/bin/sh", "-c", #"ssh -v "$@""#, "ssh -v", "-p", "2222", "anna@desk",
        "/opt/stet serve --stdio --archive='a.stet'",
      ]
    )
  }
}
