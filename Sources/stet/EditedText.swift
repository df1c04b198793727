import ArgumentParser
import Foundation

/// Where an edited text comes from: the editor, a file, or stdin.
struct EditedTextOptions: ParsableArguments {
  @Option(help: "Take the edited text from a file instead of an editor; '-' is stdin.")
  var file: String?
  @Option(help: "Why; stands in the article's log.")
  var reason: String?

  /// Has a text edited, and records what became of it.
  ///
  /// A file that was edited is removed once it is recorded; else it is kept, and named.
  /// - `text`: as it stands.
  /// - `name`: begins the name of the temporary file.
  /// - `record`: gets the edited text.
  func edit(_ text: String, name: String, record: (String) throws -> Void) throws {
    if let file {
      try record(Self.decoded(try Self.read(file), original: text, from: file))
      return
    }
    let path = try Self.makeFile(named: name, holding: text + "\n")
    do {
      try Editor.run(on: path)
      try record(Self.decoded(try Self.read(path), original: text, from: path))
    } catch {
      guard let (status, message) = ExitStatus.describe(error) else { throw error }
      throw VerbFailure(status, "\(message); nothing is recorded, and the text is kept in \(path)")
    }
    unlink(path)
  }

  private static func read(_ file: String) throws -> [UInt8] {
    if file == "-" { return Array(try FileHandle.standardInput.readToEnd() ?? Data()) }
    do {
      return Array(try Data(contentsOf: URL(filePath: file)))
    } catch {
      throw VerbFailure(.usage, "\(file) cannot be read: name a file, or - for stdin")
    }
  }

  /// Reads bytes as an editor writes them.
  ///
  /// One line end at the very end belongs to the file. Line ends of other systems become U+000A, unless
  /// the text had them before.
  private static func decoded(
    _ bytes: [UInt8],
    original: String,
    from file: String
  ) throws -> String {
    var bytes = bytes
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw VerbFailure(.failed, "\(file) is not in UTF-8: save it in UTF-8")
    }
    let isForeign = zip(original.utf8, original.utf8.dropFirst()).contains { $0 == (0x0D, 0x0A) }
    var result = Array(text.utf8)
    if !isForeign {
      let next = result.dropFirst() + [0]
      result = zip(result, next).filter { $0 != (0x0D, 0x0A) }.map(\.0)
    }
    if result.last == 0x0A { result.removeLast() }
    return String(decoding: result, as: UTF8.self)
  }

  /// A new file in the temporary folder that only its user can read.
  private static func makeFile(named name: String, holding text: String) throws -> String {
    let path = FileManager.default.temporaryDirectory
      .appending(path: "stet-\(name)-\(UUID().uuidString.prefix(8)).md").path
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
    guard descriptor >= 0 else {
      throw VerbFailure(.failed, "\(path) cannot be made: \(String(cString: strerror(errno)))")
    }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
    defer { try? handle.close() }
    try handle.write(contentsOf: Data(text.utf8))
    return path
  }
}
