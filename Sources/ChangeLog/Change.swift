package import CRDT

/// One change as its author wrote it: the operations on one object in one go.
///
/// Header and payload are kept as they came, byte for byte; nobody encodes them again.
package struct Change: Hashable, Sendable {
  /// Where it belongs: the lane of its author's writing key, or a branch of that.
  package let lane: LaneID
  /// With the dependencies in the lanes where they are.
  package let header: ChangeHeader
  package let headerBytes: [UInt8]
  package let payloadBytes: [UInt8]
  /// Covers this change and all before it in the lane.
  package let hash: Hash
  /// The branches that its author's names are looked up in; empty where nobody's key is forked.
  let tree: LaneTree

  /// Whether its author's names need no looking up in branches.
  package var isOfUnforkedKey: Bool { tree.isEmpty }

  package var id: ChangeID { ChangeID(lane: lane, seq: header.seq) }

  /// The first change of the action that this one belongs to.
  ///
  /// An action may begin before the fork in which it goes on; what it is called is what an undo of it
  /// names.
  package var action: ChangeID {
    ChangeID(lane: tree.lane(holding: header.action, along: lane), seq: header.action)
  }

  /// A change in its place in the lane.
  ///
  /// - `header`: what `headerBytes` say.
  /// - `contents`: the hashes of its two parts.
  /// - `previous`: the hash before it.
  /// Throws: ``LogFailure`` when the change is too large.
  init(
    lane: LaneID,
    header: ChangeHeader,
    headerBytes: [UInt8],
    payloadBytes: [UInt8],
    contents: Hash.Contents,
    previous: Hash
  ) throws(LogFailure) {
    guard headerBytes.count + payloadBytes.count <= FormatLimits.changeByteLimit else {
      throw .tooLarge("change")
    }
    self.lane = lane
    self.header = header
    self.headerBytes = headerBytes
    self.payloadBytes = payloadBytes
    tree = LaneTree()
    hash = Hash(of: previous.bytes, contents.header.bytes, contents.payload.bytes)
  }

  private init(_ change: Change, lane: LaneID, tree: LaneTree, dependencies: [Dependency]) {
    self.lane = lane
    self.tree = tree
    header = change.header.placed(dependencies)
    headerBytes = change.headerBytes
    payloadBytes = change.payloadBytes
    hash = change.hash
  }

  /// The change in the lane where it belongs, with its dependencies where they are.
  package func placed(in lane: LaneID, tree: LaneTree, dependencies: [Dependency]) -> Change {
    tree.isEmpty && lane == self.lane
      ? self : Change(self, lane: lane, tree: tree, dependencies: dependencies)
  }
}

extension Hash {
  /// The hashes of a change's two parts, which can be known before its place in the lane is.
  struct Contents: Sendable {
    let header: Hash
    let payload: Hash

    init(headerBytes: [UInt8], payloadBytes: [UInt8]) {
      self.init(headerBytes: headerBytes, payload: Hash(of: payloadBytes))
    }

    init(headerBytes: [UInt8], payload: Hash) {
      header = Hash(of: headerBytes)
      self.payload = payload
    }
  }

  /// What the first change of a lane is chained to.
  package static func beforeLane(archive: ArchiveID, writingKey: PublicKey) -> Hash {
    Hash(of: Array("stet/1 lane".utf8), archive.bytes, writingKey.bytes)
  }
}

/// What is known of a change without its payload.
package struct ChangeHeader: Hashable, Sendable {
  /// What a change is about, for roles.
  ///
  /// The numbers stand in headers.
  package enum Class: UInt32, Sendable {
    case identity = 1
    case annotate = 2
    case edit = 3
    case admin = 4
  }

  package let seq: UInt64
  /// The author's wall clock, ms since 1970-01-01 UTC, as it was.
  package let time: Int64
  package let changeClass: Class
  /// The seq of the first change of the action that this one belongs to.
  package let action: UInt64
  package let operationCount: Int
  package let dependencies: [Dependency]

  package init(
    seq: UInt64,
    time: Int64,
    changeClass: Class,
    action: UInt64,
    operationCount: Int,
    dependencies: [Dependency]
  ) {
    self.seq = seq
    self.time = time
    self.changeClass = changeClass
    self.action = action
    self.operationCount = operationCount
    self.dependencies = dependencies
  }

  fileprivate func placed(_ dependencies: [Dependency]) -> ChangeHeader {
    ChangeHeader(
      seq: seq,
      time: time,
      changeClass: changeClass,
      action: action,
      operationCount: operationCount,
      dependencies: dependencies
    )
  }

  init(_ bytes: [UInt8], lane: LaneID) throws(LogFailure) {
    guard let dependencyCount = bytes.fieldCount(7) else { throw .malformed("change header") }
    guard dependencyCount <= FormatLimits.dependencyCountLimit else {
      throw .tooLarge("change header")
    }
    guard let wire = try? WireChangeHeader(serializedBytes: bytes) else {
      throw .malformed("change header")
    }
    guard wire.scope == 0, let changeClass = Class(rawValue: wire.class) else {
      throw .unsupported("change header")
    }
    guard wire.operationCount <= FormatLimits.operationCountLimit else {
      throw .tooLarge("change header")
    }
    let dependencies = wire.dependencies.compactMap(Dependency.init)
    guard dependencies.count == wire.dependencies.count, wire.seq > 0,
      wire.seq <= UInt64(Int64.max),
      wire.time.magnitude <= FormatLimits.timeLimit.magnitude,
      !dependencies.contains(where: { $0.change.lane == lane })
    else { throw .malformed("change header") }
    self.init(
      seq: wire.seq,
      time: wire.time,
      changeClass: changeClass,
      action: wire.action,
      operationCount: Int(wire.operationCount),
      dependencies: dependencies
    )
  }

  /// The header's bytes.
  ///
  /// Only the author of a change calls this.
  func encoded() throws -> [UInt8] {
    var wire = WireChangeHeader()
    wire.seq = seq
    wire.time = time
    wire.class = changeClass.rawValue
    wire.action = action
    wire.operationCount = UInt32(operationCount)
    wire.dependencies = dependencies.map(\.wire)
    return try wire.serializedBytes()
  }
}

/// The newest change of another lane that a change names.
package struct Dependency: Hashable, Sendable {
  package let change: ChangeID
  /// The lane of its author's key, by which it is named on the wire: the hash says which branch.
  package let root: LaneID
  /// The first 8 bytes of that change's hash.
  package let hashPrefix: [UInt8]

  /// - `root`: `nil` where the change's lane is its key's.
  package init(change: ChangeID, root: LaneID? = nil, hashPrefix: [UInt8]) {
    self.change = change
    self.root = root ?? change.lane
    self.hashPrefix = hashPrefix
  }

  /// The dependency, named by the branch that holds it.
  package func placed(in lane: LaneID) -> Dependency {
    Dependency(
      change: ChangeID(lane: lane, seq: change.seq),
      root: root,
      hashPrefix: hashPrefix
    )
  }

  fileprivate init?(_ wire: WireDependency) {
    guard let lane = LaneID(wire.lane), wire.hash.count == Hash.prefixByteCount, wire.seq > 0,
      wire.seq <= UInt64(Int64.max)
    else { return nil }
    change = ChangeID(lane: lane, seq: wire.seq)
    root = lane
    hashPrefix = Array(wire.hash)
  }

  fileprivate var wire: WireDependency {
    var wire = WireDependency()
    wire.lane = root.bytes.data
    wire.seq = change.seq
    wire.hash = hashPrefix.data
    return wire
  }
}
