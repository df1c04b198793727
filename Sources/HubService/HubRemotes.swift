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
package struct HubRemotes: Sendable {
  private static let suffix = ".remotes"

  private let folder: URL

  /// Which store answered at each.
  var stores: RemoteStores { RemoteStores(folder: folder) }

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

  private func change(_ archive: String, _ body: (inout [HubRemote]) throws -> Void) throws {
    try FolderLock.hold(folder) {
      var remotes = try remotes(of: archive)
      try body(&remotes)
      let lines = remotes.map { $0.text + "\n" }.joined()
      try Data(lines.utf8).write(to: file(of: archive), options: .atomic)
    }
  }

  private func file(of archive: String) -> URL {
    folder.appending(path: archive + Self.suffix)
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
