import ChangeLog
import Foundation
import HubService
import Testing

@Suite struct RemoteStoresTests {
  @Test func `who answered is remembered for each remote, as long as there is the remote`() throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "stet-\(UUID().uuidString)"
    )
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let remotes = HubRemotes(folder: folder)
    for port in 1...3 { try remotes.add("stet://127.0.0.1:\(port)/desk", to: "desk") }
    let all = try remotes.all()
    let known = RemoteStores(folder: folder)
    let stores = (1...4).compactMap { StoreID([UInt8](repeating: $0, count: StoreID.byteCount)) }
    for (remote, store) in zip(all, stores) {
      #expect(known.store(at: remote) == nil)
      try known.remember(store, at: remote)
    }
    try known.remember(stores[3], at: all[0])
    #expect(all.map(RemoteStores(folder: folder).store) == [stores[3], stores[1], stores[2]])
    try remotes.remove(all[1].text, from: "desk")
    try known.remember(stores[0], at: all[2])
    #expect(all.map(known.store) == [stores[3], nil, stores[0]])
    // Not a reason to stop: what cannot be read counts as not known.
    let file = folder.appending(path: "desk.remote-stores")
    try Data("01 \(all[0].text)\n\n\(all[2].text)\n\u{FF} \u{FF}\n".utf8).write(to: file)
    #expect(all.map(known.store) == [nil, nil, nil])
    #expect(try remotes.all().count == 2)
  }
}
