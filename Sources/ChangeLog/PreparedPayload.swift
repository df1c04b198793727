/// The payload of a change that names nothing, encoded and hashed before the change has its place in
/// a lane: by anybody, on whatever core has time.
package struct PreparedPayload: Sendable {
  /// Random bytes of a salt.
  package static let saltByteCount = PayloadEncoder.saltByteCount

  let object: ObjectID
  let operations: [Operation]
  let bytes: [UInt8]
  let hash: Hash

  /// - `salt`: 16 random bytes, which no other payload has.
  /// - Returns: `nil` where an operation names something, which only the change's header can refer to.
  package init?(_ operations: [Operation], on object: ObjectID, salt: [UInt8]) {
    guard operations.allSatisfy({ $0.names.isEmpty }),
      let bytes = try? PayloadEncoder.encode(operations, on: object, salt: salt)
    else { return nil }
    self.object = object
    self.operations = operations
    self.bytes = bytes
    hash = Hash(of: bytes)
  }
}
