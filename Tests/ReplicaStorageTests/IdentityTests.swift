import ChangeLog
import CRDT
import Foundation
import ReplicaStorage
import SyncSimulation
import Testing

@Suite struct IdentityTests {
  private let world = TestWorld()
  private let folder = TemporaryFolder()

  private func environment(_ identities: any Identities) -> ReplicaEnvironment {
    world.environment(named: "anna", identities: identities)
  }

  @Test func `a file that stays where it is keeps its lane and store id`() throws {
    let identities = FolderIdentities(folder: folder.url.appending(path: "state"))
    let path = folder.url.appending(path: "a.stet").path
    let first = try Replica.create(at: path, named: "desk", environment: environment(identities))
    try first.write { _ = try $0.importArticle("1", headline: "h") }
    let store = try first.storeID()
    try first.close()
    let again = try Replica.open(path, environment: environment(identities))
    let article = try again.write { try $0.importArticle("2", headline: "h") }
    #expect(try again.storeID() == store)
    #expect(Set(try again.frontier().heads.values.map(\.seq)) == [3])
    #expect(try again.history(of: article).map(\.change.seq) == [3])
  }

  @Test
  func `a copied file, and one whose keys are gone, begin a lane and a store id of their own`()
    throws
  {
    let identities = FolderIdentities(folder: folder.url.appending(path: "state"))
    let path = folder.url.appending(path: "a.stet").path
    let first = try Replica.create(at: path, named: "desk", environment: environment(identities))
    try first.write { _ = try $0.importArticle("1", headline: "h") }
    try first.close()
    let copyPath = folder.url.appending(path: "b.stet").path
    try FileManager.default.copyItem(atPath: path, toPath: copyPath)
    let original = try Replica.open(path, environment: environment(identities))
    let copy = try Replica.open(copyPath, environment: environment(identities))
    let store = try original.storeID()
    for replica in [original, copy] {
      try replica.write { _ = try $0.importArticle("2", headline: "h2") }
    }
    #expect(try original.storeID() == store)
    #expect(try copy.storeID() != store)
    #expect(try original.frontier().heads.count == 1)
    #expect(try copy.frontier().heads.count == 2)

    let elsewhere = FolderIdentities(folder: folder.url.appending(path: "other"))
    let moved = try Replica.open(path, environment: environment(elsewhere))
    try moved.write { _ = try $0.importArticle("3", headline: "h3") }
    #expect(try moved.frontier().heads.count == 2)
  }

  @Test func `keys are readable by their owner only`() throws {
    let identities = FolderIdentities(folder: folder.url.appending(path: "state"))
    let key = try identities.memberKey()
    _ = try identities.makeWritingKey()
    #expect(try identities.memberKey().seed == key.seed)
    let files =
      FileManager.default.enumerator(atPath: folder.url.appending(path: "state").path)?
      .compactMap { $0 as? String }.filter { $0.hasSuffix(".key") } ?? []
    #expect(files.count == 2)
    for file in files {
      let path = folder.url.appending(path: "state/\(file)").path
      let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
      #expect(mode == 0o600)
    }
  }

  @Test func `a replica that only reads writes nothing`() throws {
    let anna = try world.replica(named: "anna")
    try anna.write { _ = try $0.importArticle("1", headline: "h") }
    let bert = try world.clone(of: anna, named: "bert")
    #expect(try bert.frontier().heads.count == 1)
    let result = try world.sync(bert, with: anna)
    #expect(result.dialler?.tally.changesSent == 0)
    #expect(result.dialler?.tally.roundTrips == 1)
  }
}

/// A folder that goes away with the test.
final class TemporaryFolder {
  let url = FileManager.default.temporaryDirectory.appending(path: "stet-\(UUID().uuidString)")

  init() { try? FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(at: url) }
}
