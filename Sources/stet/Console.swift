import ArchiveModel
import ChangeLog
import Foundation

/// Where output goes: data to stdout, messages to stderr.
enum Console {
  static let isOutputTerminal = isatty(STDOUT_FILENO) == 1

  /// Columns of the terminal.
  static var width: Int {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// A line of data.
  static func write(_ line: String) {
    print(line)
  }

  /// A line of data that somebody waits for.
  static func writeAtOnce(_ line: String) {
    write(line)
    fflush(nil)
  }

  /// A message.
  static func note(_ line: String) {
    fflush(nil)
    writeToStandardError(harmless(line) + "\n")
  }

  /// Writes where nobody may listen: an error there is no reason to stop.
  static func writeToStandardError(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }

  /// Whether everything that was printed went where it should.
  static func finish() -> Bool { fflush(nil) == 0 }

  /// A message about what went wrong.
  static func complain(_ line: String) { note("stet: " + line) }

  /// Says what is not among what is shown of an object.
  static func complain(of omissions: [Omission], in object: ObjectID) {
    for omission in omissions {
      complain("not shown of \(object.bytes.hex.prefix(8)): \(omission.sentence)")
    }
  }

  /// A text from an archive, made harmless for a terminal: control characters could move its cursor
  /// or rewrite what stands there.
  static func harmless(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    var view = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { view.append(isControl(scalar) ? "\u{FFFD}" : scalar) }
    return String(view)
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    // What turns the direction of writing can make a line read as another.
    case 0x202A...0x202E, 0x2066...0x2069: true
    default: scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\t"
    }
  }

  /// A text on one line.
  static func oneLine(_ text: String) -> String {
    harmless(text).replacing("\n", with: " ").replacing("\t", with: " ")
  }

  /// The beginning of a text that fits so many columns.
  static func fitted(_ text: String, columns: Int) -> String {
    text.count <= columns ? text : text.prefix(max(0, columns - 1)) + "…"
  }
}
