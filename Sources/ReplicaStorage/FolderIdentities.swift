package import CRDT
package import ChangeLog
package import Foundation
internal import LogStorage

/// Keys and marks as files: `member.key`, `keys/LANE.key`, `marks/STORE.json`.
///
/// Key files hold the 32-byte seed in hexadecimal and are readable by their owner only.
package struct FolderIdentities: Identities {
  private let folder: URL

  package init(folder: URL) { self.folder = folder }

  /// The operating system's own name for the machine (machine-id(5)).
  package var machine: String? {
    (try? String(contentsOfFile: "/etc/machine-id", encoding: .utf8))
      .map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
      .flatMap { $0.isEmpty ? nil : $0 }
  }

  package func memberKey() throws -> PrivateKey {
    let file = folder.appending(path: "member.key")
    if let key = try key(in: file) { return key }
    _ = try makeKey { _ in file }
    // Somebody else may have made one at the same moment: what stands in the file counts. Under a name
    // that leads nowhere none can be kept, and each call would give another.
    guard let key = try key(in: file) else { throw ReplicaFailure.unreadableKey(file.path) }
    return key
  }

  package func makeWritingKey() throws -> PrivateKey {
    try makeKey { self.file(of: LaneID(writingKey: $0.publicKey)) }
  }

  package func writingKey(of lane: LaneID) throws -> PrivateKey? { try key(in: file(of: lane)) }

  package func mark(of store: StoreID) throws -> Mark? {
    let file = markFile(of: store)
    guard FileManager.default.fileExists(atPath: file.path) else { return nil }
    // A mark that cannot be read proves nothing: the file then counts as a copy.
    return try? JSONDecoder().decode(Mark.self, from: Data(contentsOf: file))
  }

  package func set(_ mark: Mark, of store: StoreID) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    try DurableFile.write(try encoder.encode(mark), to: markFile(of: store))
  }

  private func file(of lane: LaneID) -> URL {
    folder.appending(path: "keys/\(lane.bytes.hex).key")
  }

  private func markFile(of store: StoreID) -> URL {
    folder.appending(path: "marks/\(store.bytes.hex).json")
  }

  private func key(in file: URL) throws -> PrivateKey? {
    guard FileManager.default.fileExists(atPath: file.path) else { return nil }
    let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    guard let seed = [UInt8](hex: text.trimmingCharacters(in: .whitespacesAndNewlines)),
      let key = PrivateKey(seed: seed)
    else { throw ReplicaFailure.unreadableKey(file.path) }
    return key
  }

  private func makeKey(file: (PrivateKey) -> URL) throws -> PrivateKey {
    var generator = SystemRandomNumberGenerator()
    let seed = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
    guard let key = PrivateKey(seed: seed) else { throw LogFailure.malformed("key seed") }
    try DurableFile.write(Data((seed.hex + "\n").utf8), to: file(key), .unlessPresent)
    return key
  }
}

/// Small files that are whole and on disk when the call returns.
enum DurableFile {
  enum Way {
    case replacing
    /// A file that is there stays as it is.
    case unlessPresent

    /// Gives a draft its name.
    fileprivate func place(_ draft: String, at path: String) -> Bool {
      switch self {
      case .replacing: rename(draft, path) == 0
      case .unlessPresent: link(draft, path) == 0 || errno == EEXIST
      }
    }
  }

  /// Writes beside the file, fsyncs, gives it its name, and fsyncs the folder.
  ///
  /// Owner only.
  static func write(_ data: Data, to file: URL, _ way: Way = .replacing) throws {
    let folder = file.deletingLastPathComponent()
    try DurableFolder.make(folder, permissions: 0o700)
    let draft = folder.appending(
      path: ".\(file.lastPathComponent).\(UUID().uuidString)"
    )
    let descriptor = open(draft.path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    guard descriptor >= 0 else { throw ReplicaFailure.fileSystem(file.path, errno) }
    defer { close(descriptor) }
    let written = data.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
    guard written == data.count, fsync(descriptor) == 0, way.place(draft.path, at: file.path) else {
      let reason = errno
      unlink(draft.path)
      throw ReplicaFailure.fileSystem(file.path, reason)
    }
    if case .unlessPresent = way { unlink(draft.path) }
    do { try DurableFolder.synchronize(folder.path) } catch let error as POSIXError {
      throw ReplicaFailure.fileSystem(folder.path, error.code.rawValue)
    }
  }
}
