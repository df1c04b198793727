import CRDT
import ChangeLog
import Foundation
import ReplicaStorage
import Testing

/// A home folder that several machines share, with the keys and marks in it, as one of them sees it.
private struct SharedHome: Identities {
  let folder: FolderIdentities
  let machine: String?

  func memberKey() throws -> PrivateKey { try folder.memberKey() }
  func makeWritingKey() throws -> PrivateKey { try folder.makeWritingKey() }
  func writingKey(of lane: LaneID) throws -> PrivateKey? { try folder.writingKey(of: lane) }
  func mark(of store: StoreID) throws -> Mark? { try folder.mark(of: store) }
  func set(_ mark: Mark, of store: StoreID) throws { try folder.set(mark, of: store) }
}

/// Two machines with the same keys, and an archive at the same path on each.
@Suite struct SharedHomeTests {
  private let world = TestWorld()
  private let folder = TemporaryFolder()

  private func environment(on machine: String?) -> ReplicaEnvironment {
    let identities = FolderIdentities(folder: folder.url.appending(path: "state"))
    return world.environment(
      named: "anna",
      identities: SharedHome(folder: identities, machine: machine)
    )
  }

  /// The machine that a file was written on, and the one that it is written on next.
  struct Turn: CustomStringConvertible {
    let before: String?
    let after: String?

    var description: String { "\(before ?? "unnamed"), then \(after ?? "unnamed")" }
    var isCopy: Bool { before != after }

    static let all = [nil, "desk", "laptop"].flatMap { before in
      [nil, "desk", "laptop"].map { Turn(before: before, after: $0) }
    }
  }

  @Test(arguments: Turn.all)
  func `a file that another machine wrote begins a lane and a store id of its own`(
    _ turn: Turn
  ) throws {
    let path = folder.url.appending(path: "a.stet").path
    let first = try Replica.create(
      at: path,
      named: "desk",
      environment: environment(on: turn.before)
    )
    try first.write { _ = try $0.importArticle("1", headline: "h") }
    let store = try first.storeID()
    let lanes = Set(try first.frontier().heads.keys)
    try first.close()
    let second = try Replica.open(path, environment: environment(on: turn.after))
    let article = try second.write { try $0.importArticle("2", headline: "h2") }
    #expect(try second.storeID() != store || !turn.isCopy)
    #expect(try second.storeID() == store || turn.isCopy)
    let lane = try #require(try second.history(of: article).first?.change.lane)
    #expect(lanes.contains(lane) != turn.isCopy)
    #expect(try second.frontier().heads.count == (turn.isCopy ? 2 : 1))
    try second.close()
  }

  @Test func `the machine whose file it was goes on in its lane, and no number is written twice`()
    throws
  {
    let path = folder.url.appending(path: "a.stet").path
    let other = folder.url.appending(path: "on-the-other-disk").path
    let first = try Replica.create(at: path, named: "desk", environment: environment(on: "desk"))
    try first.write { _ = try $0.importArticle("1", headline: "h") }
    let store = try first.storeID()
    try first.close()
    try FileManager.default.copyItem(atPath: path, toPath: other)

    // The path is that of the other machine's disk for a while.
    let aside = folder.url.appending(path: "aside").path
    try FileManager.default.moveItem(atPath: path, toPath: aside)
    try FileManager.default.moveItem(atPath: other, toPath: path)
    let copy = try Replica.open(path, environment: environment(on: "laptop"))
    try copy.write { _ = try $0.importArticle("2", headline: "h2") }
    let headsOfCopy = try copy.frontier().heads
    #expect(try copy.storeID() != store)
    try copy.close()
    try FileManager.default.moveItem(atPath: path, toPath: other)
    try FileManager.default.moveItem(atPath: aside, toPath: path)

    let original = try Replica.open(path, environment: environment(on: "desk"))
    try original.write { _ = try $0.importArticle("3", headline: "h3") }
    #expect(try original.storeID() == store)
    let heads = try original.frontier().heads
    #expect(heads.count == 1)
    #expect(headsOfCopy.count == 2)
    for (lane, head) in heads { #expect(head.seq == 3 && headsOfCopy[lane]?.seq == 2) }
    try original.close()
  }
}
