import ArchiveModel
import CRDT
import ChangeLog
import Foundation
import LogStorage
import ReplicaStorage
import SyncProtocol
import SyncSimulation
import Testing

/// What is no bundle, or a false one.
@Suite struct ForeignBundleTests {
  private let desk: BundleDesk
  private var world: TestWorld { desk.world }

  init() throws { desk = try BundleDesk() }

  private func path(_ name: String) -> String { desk.path(name) }

  @Test func `no flipped bit and no cut is applied, and none crashes`() throws {
    let anna = try world.replica(named: "anna")
    try desk.write(3, to: anna, from: 0)
    let whole = Array(try Data(contentsOf: URL(filePath: desk.bundle(of: anna).name)))
    let target = try world.clone(of: anna, named: "bert")
    try desk.write(2, to: anna, from: 10)
    let later = Array(try Data(contentsOf: URL(filePath: desk.bundle(of: anna).name)))
    let end = try target.endPosition()
    let file = path("damaged")
    var count = 0
    func refuse(_ bytes: [UInt8], _ what: String) throws {
      try Data(bytes).write(to: URL(filePath: file))
      #expect("\(what)") {
        _ = try target.apply(BundleReader(file))
      } throws: { error in
        switch error as? BundleFailure {
        case .damaged, .notABundle, .newer: true
        default: false
        }
      }
      count += 1
    }
    #expect(whole.count < later.count)
    for place in later.indices {
      var bytes = later
      bytes[place] ^= 1 << UInt8(place % 8)
      try refuse(bytes, "bit flipped in byte \(place)")
    }
    for length in stride(from: 0, to: later.count, by: 7) {
      try refuse(Array(later.prefix(length)), "cut to \(length)")
    }
    try refuse(later + [0], "a byte behind its end")
    try refuse(Array(repeating: 0xFF, count: 100_000), "garbage")
    try refuse(Array("stet/1 bundle\r\n".utf8), "nothing but the beginning")
    try refuse(
      Array("stet/1 bundle\r\n".utf8) + Array(repeating: UInt8(ascii: "{"), count: 1 << 20),
      "a line without an end"
    )
    #expect(count > later.count)
    #expect(try target.endPosition() == end)
    // The bytes themselves are good.
    try Data(later).write(to: URL(filePath: file))
    #expect(try target.apply(BundleReader(file)).isEqual)
  }

  @Test func `well sealed lies are refused`() throws {
    let anna = try world.replica(named: "anna")
    try desk.write(3, to: anna, from: 0)
    let bundle = try desk.bundle(of: anna)
    let forge = try BundleForge(bundle.name)
    let target = try desk.empty(named: "bert")
    let lies: [(String, [UInt8])] = [
      ("more packs than there are", try forge.sealed { $0["packs"] = 1 }),
      ("more changes than there are", try forge.sealed { $0["changes"] = 1 }),
      ("a longer segment", try forge.sealed { $0["bytes"] = 1 << 40 }),
      ("the longest segment", try forge.sealed { $0["bytes"] = Int.max }),
      ("a negative length", try forge.sealed { $0["bytes"] = -1 }),
      ("a negative count", try forge.sealed { $0["packs"] = -1 }),
      ("an end beyond all positions", try forge.sealed { $0["end"] = forge.place(UInt64.max) }),
      ("an end before the beginning", try forge.sealed { $0["begin"] = forge.place(1 << 40) }),
      ("an end before the packs", try forge.sealed { $0["end"] = forge.place(1) }),
      ("no genesis record", try forge.sealed { $0["genesis"] = "00" }),
      ("a store id that is none", try forge.sealed { $0["store"] = "zz" }),
      ("a newer format", try forge.sealed { $0["format"] = 2 }),
      ("a position beyond all", try forge.sealed(position: UInt64.max)),
      ("a pack longer than packs can be", try forge.sealed(length: UInt32.max)),
      ("a pack that goes beyond the segment", try forge.sealed(length: 1 << 20)),
    ]
    for (what, bytes) in lies {
      try Data(bytes).write(to: URL(filePath: path("lie")))
      #expect("\(what)") {
        _ = try target.apply(BundleReader(self.path("lie")))
      } throws: { error in
        switch error as? BundleFailure {
        case .damaged: what != "a newer format"
        case .newer: what == "a newer format"
        default: false
        }
      }
      #expect(try target.endPosition() == 0)
    }
    try Data(forge.sealed { _ in }).write(to: URL(filePath: path("truth")))
    #expect(try target.apply(BundleReader(path("truth"))).isEqual)
  }

  @Test func `a forged signature is found before anything is applied`() throws {
    let anna = try world.replica(named: "anna")
    try desk.write(3, to: anna, from: 0)
    let bundle = try desk.bundle(of: anna)
    let key = try #require(PrivateKey(seed: world.random.bytes(32)))
    var writer = LaneWriter(archive: bundle.head.genesis.archive, key: key, head: nil)
    var draft = PackDraft(after: writer)
    let change = ChangeDraft(
      object: .profile(of: key.publicKey),
      changeClass: .identity,
      operations: [],
      time: 1
    )
    draft.append(
      try writer.write(change, salt: world.random.bytes(16)) { throw LogFailure.gap($0) }
    )
    let pack = try draft.sealed(signature: world.random.bytes(64), level: 6)
    try Data(BundleForge(bundle.name).sealed(appending: pack))
      .write(to: URL(filePath: path("forged")))
    let target = try desk.empty(named: "bert")
    let forged = try BundleReader(path("forged"))
    #expect {
      try target.apply(forged)
    } throws: { error in
      guard case BundleFailure.damaged(_, let what) = error else { return false }
      return what.contains("signature")
    }
    #expect(try target.endPosition() == 0)
  }

  /// On the wire the lane of the key is named; what stands under a branch's name is nowhere.
  @Test func `a run that names a branch builds on what is missing`() throws {
    var writers = try WriterFixture(seed: 3)
    let target = try desk.empty(named: "bert")
    try target.adopt(writers.genesis)
    var lane = try writers.lane()
    let common = try lane.pack(2)
    var twin = lane
    twin.diverge()
    let way = try lane.pack(2)
    var peer = writers.peer()
    let packs = [common, way, try twin.pack()].map { peer.deliver($0) }
    _ = try target.append(packs, from: peer.store)
    let branch = lane.branch(beginningWith: way)
    #expect(try target.frontier().heads[branch]?.seq == 4)
    let bundle = try desk.bundle(of: target)
    try Data(BundleForge(bundle.name).sealed(appending: lane.pack(of: branch).bytes))
      .write(to: URL(filePath: path("named")))
    let named = try BundleReader(path("named"))
    let end = try target.endPosition()
    let missing = [MissingChanges(lane: branch, seqs: 4...4, cause: .absent)]
    #expect(try target.survey(named).missing == missing)
    #expect(throws: BundleFailure.gap(named.name, missing)) { try target.apply(named) }
    #expect(try target.endPosition() == end)
  }

  @Test func `another archive's bundle is refused`() throws {
    let anna = try world.replica(named: "anna")
    let other = try Replica.create(
      at: nil,
      named: "other",
      environment: world.environment(named: "bert")
    )
    try desk.write(1, to: anna, from: 0)
    let bundle = try desk.bundle(of: anna)
    #expect(throws: BundleFailure.otherArchive(bundle.name, name: "desk")) {
      try other.apply(bundle)
    }
    #expect(try other.endPosition() == 0)
  }

  @Test func `what is no bundle is named so`() throws {
    try Data("a letter".utf8).write(to: URL(filePath: path("letter")))
    #expect(throws: BundleFailure.notABundle(path("letter"))) { try BundleReader(path("letter")) }
    #expect(throws: BundleFailure.notABundle(desk.folder.path)) {
      try BundleReader(desk.folder.path)
    }
    #expect(throws: BundleFailure.missing(path("none"))) { try BundleReader(path("none")) }
    #expect(!BundleReader.isBundle(path("letter")))
  }
}
