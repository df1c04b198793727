package import ChangeLog
package import Foundation
package import SyncTransport

/// A hub that an archive of this one is kept in sync with.
package struct HubRemote: Hashable, Sendable {
  package let archive: String
  package let address: SyncAddress
  /// The address as it was typed.
  package let text: String
}

/// The remotes of a hub's archives: a file `ARCHIVE.remotes` beside each, one address a line.
///
/// Which store answered last at which of them is in `ARCHIVE.answerers`: the store's id in hexadecimal
/// digits, a space and the address a line.
package struct HubRemotes: Sendable {
  private static let suffix = ".remotes"
  private static let answererSuffix = ".answerers"

  private let folder: URL

  /// - `folder`: where the archives are.
  package init(folder: URL) { self.folder = folder }

  /// The remotes of all archives, in the order of names and lines.
  ///
  /// - Throws: ``HubRemoteFailure/malformed(_:line:)``, and what the file system says.
  package func all() throws -> [HubRemote] {
    guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
    return try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(Self.suffix) }
      .sorted()
      .flatMap { try remotes(of: String($0.dropLast(Self.suffix.count))) }
  }

  package func remotes(of archive: String) throws -> [HubRemote] {
    let file = file(of: archive)
    guard FileManager.default.fileExists(atPath: file.path) else { return [] }
    return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { line in
      let text = String(line)
      guard let address = SyncAddress(text) else {
        throw HubRemoteFailure.malformed(file.path, line: text)
      }
      return HubRemote(archive: archive, address: address, text: text)
    }
  }

  /// - Throws: ``HubRemoteFailure``.
  package func add(_ text: String, to archive: String) throws {
    guard let address = SyncAddress(text) else { throw HubRemoteFailure.noAddress(text) }
    guard Loopback.contains(address.host) else {
      throw TransportFailure.notLoopback(address.host)
    }
    try change(archive) { remotes in
      guard !remotes.contains(where: { $0.address == address }) else {
        throw HubRemoteFailure.exists(text, archive: archive)
      }
      remotes.append(HubRemote(archive: archive, address: address, text: text))
    }
  }

  /// - Throws: ``HubRemoteFailure``.
  package func remove(_ text: String, from archive: String) throws {
    guard let address = SyncAddress(text) else { throw HubRemoteFailure.noAddress(text) }
    try change(archive) { remotes in
      guard let place = remotes.firstIndex(where: { $0.address == address }) else {
        throw HubRemoteFailure.unknown(text, archive: archive)
      }
      remotes.remove(at: place)
    }
  }

  /// The store that answered last at a remote; `nil` where that is not known, as when the file cannot be
  /// read: the next session asks for frontiers then.
  package func answerer(at remote: HubRemote) -> StoreID? {
    answerers(of: remote.archive)[remote.text]
  }

  /// Remembers which store answered at a remote; those of remotes that there no longer are go.
  ///
  /// - Throws: what the file system says.
  package func remember(_ answerer: StoreID, at remote: HubRemote) throws {
    try whileLocked {
      var answerers = answerers(of: remote.archive)
      answerers[remote.text] = answerer
      let lines = try remotes(of: remote.archive).compactMap { remote in
        answerers[remote.text].map { "\($0.bytes.hex) \(remote.text)\n" }
      }
      try Data(lines.joined().utf8).write(to: answererFile(of: remote.archive), options: .atomic)
    }
  }

  private func answerers(of archive: String) -> [String: StoreID] {
    let lines = (try? String(contentsOf: answererFile(of: archive), encoding: .utf8)) ?? ""
    return lines.split(separator: "\n").reduce(into: [:]) { answerers, line in
      let parts = line.split(separator: " ", maxSplits: 1)
      guard parts.count == 2, let bytes = [UInt8](hex: String(parts[0])) else { return }
      answerers[String(parts[1])] = StoreID(bytes)
    }
  }

  private func change(_ archive: String, _ body: (inout [HubRemote]) throws -> Void) throws {
    try whileLocked {
      var remotes = try remotes(of: archive)
      try body(&remotes)
      let lines = remotes.map { $0.text + "\n" }.joined()
      try Data(lines.utf8).write(to: file(of: archive), options: .atomic)
    }
  }

  /// Two who write at once wait for each other.
  private func whileLocked(_ body: () throws -> Void) throws {
    let lock = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard lock >= 0 else { throw CocoaError(.fileNoSuchFile) }
    defer { close(lock) }
    guard flock(lock, LOCK_EX) == 0 else { throw CocoaError(.fileLocking) }
    try body()
  }

  private func file(of archive: String) -> URL {
    folder.appending(path: archive + Self.suffix)
  }

  private func answererFile(of archive: String) -> URL {
    folder.appending(path: archive + Self.answererSuffix)
  }
}

/// Why a hub's remotes are not as they were wished.
package enum HubRemoteFailure: Error, Hashable, Sendable {
  case noAddress(String)
  case exists(String, archive: String)
  case unknown(String, archive: String)
  case malformed(String, line: String)
}

extension HubRemoteFailure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .noAddress(let text): "\"\(text)\" is not an address: write stet://HOST:PORT/ARCHIVE"
    case .exists(let text, let archive): "\(archive) has the remote \(text) already"
    case .unknown(let text, let archive):
      "\(archive) has no remote \(text): 'stetd remote list' shows what there is"
    case .malformed(let file, let line):
      "\"\(line)\" in \(file) is not an address: write stet://HOST:PORT/ARCHIVE, or remove the line"
    }
  }
}
