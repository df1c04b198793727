import CRDT
import ChangeLog
import Foundation
import ReplicaStorage
import Synchronization
import Testing

@Suite struct FolderIdentitiesTests {
  private let folder = TemporaryFolder()
  private var state: URL { folder.url.appending(path: "state") }
  private var identities: FolderIdentities { FolderIdentities(folder: state) }
  private static let mark = Mark(
    machine: "m",
    path: "/a.stet",
    position: 3,
    check: "0011223344556677"
  )

  private static func store() throws -> StoreID {
    try #require(StoreID([UInt8](repeating: 7, count: StoreID.byteCount)))
  }

  @Test func `folders and marks are for their owner only, and no draft stays`() throws {
    _ = try identities.memberKey()
    _ = try identities.makeWritingKey()
    try identities.set(Self.mark, of: Self.store())
    try identities.set(Self.mark, of: Self.store())
    let names = try FileManager.default.subpathsOfDirectory(atPath: state.path)
    #expect(names.count == 5, "\(names)")
    for path in [state.path] + names.map({ state.path + "/" + $0 }) {
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      let isFolder = attributes[.type] as? FileAttributeType == .typeDirectory
      #expect(attributes[.posixPermissions] as? Int == (isFolder ? 0o700 : 0o600), "\(path)")
    }
  }

  /// What may stand in a key's file that is no key.
  static let unreadable = [
    "", "\n", "no key", String(repeating: "g", count: 64), String(repeating: "0", count: 62),
    String(repeating: "0", count: 63), String(repeating: "0", count: 66),
    String(repeating: "0", count: 32) + " " + String(repeating: "0", count: 32),
    String(repeating: "\u{E9}", count: 64),
  ]

  @Test(arguments: unreadable)
  func `a key that cannot be read is refused, and stays as it is`(_ text: String) throws {
    let lane = LaneID(writingKey: try identities.makeWritingKey().publicKey)
    let member = state.appending(path: "member.key")
    let writing = state.appending(path: "keys/\(lane.bytes.hex).key")
    for file in [member, writing] { try Data(text.utf8).write(to: file) }
    #expect(throws: ReplicaFailure.unreadableKey(member.path)) { try identities.memberKey() }
    #expect(throws: ReplicaFailure.unreadableKey(writing.path)) {
      try identities.writingKey(of: lane)
    }
    for file in [member, writing] { #expect(try Data(contentsOf: file) == Data(text.utf8)) }
  }

  @Test func `a member key's name that leads nowhere is refused, and no key is made up`() throws {
    let file = state.appending(path: "member.key")
    try FileManager.default.createDirectory(at: state, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: file.path,
      withDestinationPath: folder.url.appending(path: "gone/member.key").path
    )
    #expect(throws: ReplicaFailure.unreadableKey(file.path)) { try identities.memberKey() }
  }

  @Test(arguments: ["", "\n", "\r\n", " \n\n"])
  func `what an editor leaves around a key does no harm`(_ end: String) throws {
    let key = try identities.makeWritingKey()
    let lane = LaneID(writingKey: key.publicKey)
    try Data((key.seed.hex.uppercased() + end).utf8)
      .write(to: state.appending(path: "keys/\(lane.bytes.hex).key"))
    #expect(try identities.writingKey(of: lane)?.seed == key.seed)
  }

  @Test func `a writing key is found by its lane, and no other is`() throws {
    let keys = try (0..<2).map { _ in try identities.makeWritingKey() }
    for key in keys {
      let found = try identities.writingKey(of: LaneID(writingKey: key.publicKey))
      #expect(found?.seed == key.seed)
    }
    let stranger = try #require(PrivateKey(seed: [UInt8](repeating: 1, count: 32)))
    #expect(try identities.writingKey(of: LaneID(writingKey: stranger.publicKey)) == nil)
  }

  @Test func `of two who make a member key at one moment both get the one that was there first`()
    throws
  {
    let seed = [UInt8](repeating: 9, count: 32)
    let key = folder.url.appending(path: "rival.key")
    try Data(seed.hex.utf8).write(to: key)
    var hasWon = false
    // The rival may come too late: then once more, in another folder.
    for round in 0..<1000 where !hasWon {
      let home = folder.url.appending(path: "home-\(round)")
      try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
      let rival = Rival(key: key.path, home: home.path)
      let made = try FolderIdentities(folder: home).memberKey().seed
      hasWon = rival.hasWon()
      #expect((made == seed) == hasWon)
      #expect(try FolderIdentities(folder: home).memberKey().seed == made)
    }
    #expect(hasWon)
  }

  /// Puts a member key of its own into a folder as soon as somebody begins to write one there.
  private final class Rival: Sendable {
    private let isOver = Mutex(false)
    private let outcome = Mutex(false)
    private let begin = DispatchSemaphore(value: 0)
    private let end = DispatchSemaphore(value: 0)

    /// Watches from here on.
    init(key: String, home: String) {
      Thread.detachNewThread { [self] in
        begin.signal()
        while !isOver.withLock({ $0 }),
          (try? FileManager.default.contentsOfDirectory(atPath: home))?.isEmpty != false
        {}
        let hasWon = link(key, home + "/member.key") == 0
        outcome.withLock { $0 = hasWon }
        end.signal()
      }
      begin.wait()
    }

    /// Whether it was the first.
    func hasWon() -> Bool {
      isOver.withLock { $0 = true }
      end.wait()
      return outcome.withLock { $0 }
    }
  }

  @Test(arguments: ["m", nil])
  func `a mark is read as it was set, and the newest counts`(_ machine: String?) throws {
    let store = try Self.store()
    #expect(try identities.mark(of: store) == nil)
    let newer = Mark(
      machine: machine,
      path: "/ü \"a\".stet",
      position: .max,
      check: "ffeeddccbbaa9988"
    )
    for mark in [Self.mark, newer] {
      try identities.set(mark, of: store)
      #expect(try identities.mark(of: store) == mark)
    }
    let other = try #require(StoreID([UInt8](repeating: 8, count: StoreID.byteCount)))
    #expect(try identities.mark(of: other) == nil)
  }

  @Test(arguments: ["", "\u{0}\u{0}", "{", "[]", "{}", #"{"path": 3, "position": "3"}"#])
  func `a mark that cannot be read is none, and the file then counts as a copy`(
    _ text: String
  ) throws {
    let environment = TestWorld().environment(named: "anna", identities: identities)
    let path = folder.url.appending(path: "a.stet").path
    let replica = try Replica.create(at: path, named: "desk", environment: environment)
    try replica.write { _ = try $0.importArticle("1", headline: "h") }
    let store = try replica.storeID()
    let file = state.appending(path: "marks/\(store.bytes.hex).json")
    #expect(try identities.mark(of: store) != nil)
    try Data(text.utf8).write(to: file)
    #expect(try identities.mark(of: store) == nil)
    try replica.write { _ = try $0.importArticle("2", headline: "h2") }
    #expect(try replica.storeID() != store)
    #expect(try replica.frontier().heads.count == 2)
    try replica.close()
  }
}
