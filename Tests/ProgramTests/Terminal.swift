import Foundation

/// One run of a program to its end, with a terminal as its stderr.
struct TerminalRun {
  let status: Int32
  /// The line that the program wrote again and again in one place, as it was each time.
  let rewritten: [String]
  /// What stands on the terminal at the end.
  let left: [String]

  init(_ program: String, _ arguments: [String], in folder: URL) throws {
    let terminal = try Terminal()
    let started = try Programs.start(program, arguments, in: folder, terminal: terminal.line)
    // The program's own is then the only one, and its end that of what can be read.
    try terminal.line.close()
    let output = Programs.drain(started.output)
    (rewritten, left) = Self.lines(of: terminal.readToEnd())
    started.process.waitUntilExit()
    status = started.process.terminationStatus
    _ = output()
  }

  /// Whether nothing was written.
  var isSilent: Bool { rewritten.isEmpty && left.isEmpty }

  /// Back to the beginning of the line, and erase it (ECMA-48: CR, EL).
  private static let erasure = Array("\r\u{1B}[K".utf8)

  private static func lines(of bytes: [UInt8]) -> (rewritten: [String], left: [String]) {
    var (rewritten, left, line) = ([String](), [String](), [UInt8]())
    for byte in bytes {
      line.append(byte)
      if line.suffix(erasure.count).elementsEqual(erasure) {
        line.removeLast(erasure.count)
        if !line.isEmpty { rewritten.append(String(decoding: line, as: UTF8.self)) }
        line = []
      } else if line.suffix(2).elementsEqual("\r\n".utf8) {
        // A terminal makes that of a line's end.
        left.append(String(decoding: line.dropLast(2), as: UTF8.self))
        line = []
      }
    }
    if !line.isEmpty { left.append(String(decoding: line, as: UTF8.self)) }
    return (rewritten, left)
  }
}

/// A pseudo-terminal (pty(7)).
private final class Terminal {
  /// The side at which a program sits.
  let line: FileHandle
  private let screen: Int32

  init() throws {
    var (screen, line): (Int32, Int32) = (-1, -1)
    guard openpty(&screen, &line, nil, nil, nil) == 0 else { throw CocoaError(.fileNoSuchFile) }
    // A program that another test starts would hold it open.
    for descriptor in [screen, line] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    self.screen = screen
    self.line = FileHandle(fileDescriptor: line, closeOnDealloc: true)
  }

  deinit { close(screen) }

  /// All that is written, until nobody has the other side open any more: reading then fails (EIO).
  func readToEnd() -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(screen, &buffer, buffer.count)
      if count > 0 {
        bytes += buffer.prefix(count)
      } else if count == 0 || errno != EINTR {
        return bytes
      }
    }
  }
}
