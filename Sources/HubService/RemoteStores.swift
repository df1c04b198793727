package import ChangeLog
package import Foundation

/// Which store answered last at each remote of a hub's archives.
///
/// A file `ARCHIVE.remote-stores` beside each archive: a line is a store's id in hexadecimal digits, a
/// space and the address. It may go: a session then asks for frontiers, where it could have said how far
/// it knows the remote's log.
package struct RemoteStores: Sendable {
  private let folder: URL

  /// - `folder`: where the archives are.
  package init(folder: URL) { self.folder = folder }

  /// The store that answered last at a remote; `nil` where that is not known, as when the file cannot be
  /// read.
  package func store(at remote: HubRemote) -> StoreID? {
    stores(of: remote.archive)[remote.text]
  }

  /// Remembers which store answered at a remote; those of remotes that there no longer are go.
  ///
  /// - Throws: what the file system says.
  package func remember(_ store: StoreID, at answering: HubRemote) throws {
    let archive = answering.archive
    try FolderLock.hold(folder) {
      var stores = stores(of: archive)
      stores[answering.text] = store
      let lines = try HubRemotes(folder: folder).remotes(of: archive).compactMap { remote in
        stores[remote.text].map { "\($0.bytes.hex) \(remote.text)\n" }
      }
      try Data(lines.joined().utf8).write(to: file(of: archive), options: .atomic)
    }
  }

  private func stores(of archive: String) -> [String: StoreID] {
    let lines = (try? String(contentsOf: file(of: archive), encoding: .utf8)) ?? ""
    return lines.split(separator: "\n").reduce(into: [:]) { stores, line in
      let parts = line.split(separator: " ", maxSplits: 1)
      guard parts.count == 2, let bytes = [UInt8](hex: String(parts[0])) else { return }
      stores[String(parts[1])] = StoreID(bytes)
    }
  }

  private func file(of archive: String) -> URL {
    folder.appending(path: archive + ".remote-stores")
  }
}
