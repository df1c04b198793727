internal import CRDT

/// The operations of a change, all on one object.
package struct ChangePayload: Hashable, Sendable {
  package let object: ObjectID
  /// One place per operation.
  ///
  /// `nil` stands for an operation that names something its author cannot have seen: it has no
  /// effect, for everybody.
  package let operations: [Operation?]
  /// Why, in the author's words; empty where nothing is said.
  package let reason: String
  /// The action that this change takes back, by its first change.
  ///
  /// `nil` also where it names what its author cannot have seen.
  package let undoes: ChangeID?

  /// Reads the payload of a change.
  ///
  /// - Throws: ``LogFailure/malformed(_:)`` or ``LogFailure/tooLarge(_:)``; such a change is kept
  ///   and passed on without effect.
  package init(of change: Change) throws(LogFailure) {
    let origin = ChangeOrigin(lane: change.lane, header: change.header, tree: change.tree)
    try self.init(change.payloadBytes, of: origin)
  }

  /// What a change says that was written here, without reading its bytes again.
  ///
  /// - Returns: `nil` where the draft names something, which only the change's header resolves.
  package init?(writtenFrom draft: ChangeDraft) {
    guard draft.undoes == nil, draft.operations.allSatisfy({ $0.names.isEmpty }) else { return nil }
    object = draft.object
    operations = draft.operations
    reason = draft.reason
    undoes = nil
  }

  init(_ bytes: [UInt8], of origin: ChangeOrigin) throws(LogFailure) {
    guard bytes.count <= FormatLimits.changeByteLimit else { throw .tooLarge("change payload") }
    guard bytes.fieldCount(4) == origin.header.operationCount,
      let nameCount = bytes.fieldCount(4, 3)
    else { throw .malformed("change payload") }
    guard nameCount <= FormatLimits.nameCountLimit else { throw .tooLarge("change payload") }
    guard let wire = try? WireChangePayload(serializedBytes: bytes),
      let object = ObjectID(type: wire.objectType, bytes: wire.object)
    else { throw .malformed("change payload") }
    self.object = object
    operations = wire.operations.map { Operation($0, in: origin) }
    reason = wire.reason
    undoes = wire.hasUndoes ? ChangeID(wire.undoes, in: origin) : nil
  }
}

/// What the names in a payload are resolved by.
struct ChangeOrigin {
  let lane: LaneID
  let header: ChangeHeader
  let tree: LaneTree
}

extension Operation {
  fileprivate init?(_ wire: WireOperation, in origin: ChangeOrigin) {
    var names: [Dot] = []
    names.reserveCapacity(wire.names.count)
    for reference in wire.names {
      guard let dot = Dot(reference, in: origin) else { return nil }
      names.append(dot)
    }
    self.init(field: wire.field, rawKind: wire.kind, names: names, body: Array(wire.body))
  }
}

extension ChangeID {
  fileprivate init?(_ wire: WireUndone, in origin: ChangeOrigin) {
    var reference = WireDotReference()
    reference.lane = wire.lane
    reference.seq = wire.action
    guard let dot = Dot(reference, in: origin) else { return nil }
    self.init(lane: dot.lane, seq: dot.seq)
  }
}

extension Dot {
  /// Resolves a reference through the header's dependencies; `nil` when it points past them.
  fileprivate init?(_ reference: WireDotReference, in origin: ChangeOrigin) {
    if reference.lane == 0 {
      guard reference.seq <= origin.header.seq else { return nil }
      let lane = origin.tree.lane(holding: reference.seq, along: origin.lane)
      self.init(lane: lane, seq: reference.seq, index: reference.index)
    } else {
      let dependencies = origin.header.dependencies
      guard reference.lane <= dependencies.count else { return nil }
      let dependency = dependencies[Int(reference.lane) - 1].change
      guard reference.seq <= dependency.seq else { return nil }
      let lane = origin.tree.lane(holding: reference.seq, along: dependency.lane)
      self.init(lane: lane, seq: reference.seq, index: reference.index)
    }
  }
}

/// Encodes what a change does.
///
/// Only the author of a change uses this.
struct PayloadEncoder {
  /// Bytes of a salt: as many keep anybody from finding an erased payload by its hash.
  static let saltByteCount = 16

  private let lane: LaneID
  /// The number by which a name refers to a lane of the change's dependencies.
  private let places: [LaneID: UInt32]

  init(lane: LaneID, dependencies: [Dependency]) {
    self.lane = lane
    places = Dictionary(
      uniqueKeysWithValues: dependencies.enumerated().map { ($1.change.lane, UInt32($0 + 1)) }
    )
  }

  /// The payload's bytes.
  ///
  /// - `salt`: 16 random bytes.
  func encode(_ draft: ChangeDraft, salt: [UInt8]) throws -> [UInt8] {
    var wire = Self.payload(on: draft.object, salt: salt)
    wire.reason = draft.reason
    if let undone = draft.undoes {
      wire.undoes.lane = place(of: undone.lane)
      wire.undoes.action = undone.seq
    }
    wire.operations = draft.operations.map { Self.encoded($0, placeOf: place(of:)) }
    return try wire.serializedBytes()
  }

  /// The bytes of a payload that says no more than its operations, which name nothing.
  static func encode(
    _ operations: [Operation],
    on object: ObjectID,
    salt: [UInt8]
  ) throws -> [UInt8] {
    var wire = payload(on: object, salt: salt)
    wire.operations = operations.map { encoded($0) { _ in UInt32.max } }
    return try wire.serializedBytes()
  }

  private static func payload(on object: ObjectID, salt: [UInt8]) -> WireChangePayload {
    precondition(salt.count == saltByteCount, "a salt of another length")
    var wire = WireChangePayload()
    wire.salt = salt.data
    wire.objectType = object.type
    wire.object = object.bytes.data
    return wire
  }

  private func place(of lane: LaneID) -> UInt32 {
    lane == self.lane ? 0 : places[lane] ?? UInt32.max
  }

  private static func encoded(
    _ operation: Operation,
    placeOf: (LaneID) -> UInt32
  ) -> WireOperation {
    var encoded = WireOperation()
    encoded.field = operation.field
    encoded.kind = operation.kind
    encoded.names = operation.names.map { dot in
      var reference = WireDotReference()
      reference.lane = placeOf(dot.lane)
      reference.seq = dot.seq
      reference.index = dot.index
      return reference
    }
    encoded.body = operation.body.data
    return encoded
  }
}
