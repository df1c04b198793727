/// A change that has no place in a lane yet.
package struct ChangeDraft: Sendable {
  package let object: ObjectID
  package let changeClass: ChangeHeader.Class
  package let operations: [Operation]
  /// ms since 1970-01-01 UTC.
  package let time: Int64
  /// The action that this change continues; `nil` when it begins one.
  package let action: UInt64?
  /// Why, in the author's words; empty for nothing.
  package let reason: String
  /// The action that it takes back, by its first change.
  package let undoes: ChangeID?
  /// Its payload, where somebody has made it already.
  let prepared: PreparedPayload?

  package init(
    object: ObjectID,
    changeClass: ChangeHeader.Class,
    operations: [Operation],
    time: Int64,
    action: UInt64? = nil,
    reason: String = "",
    undoes: ChangeID? = nil
  ) {
    self.object = object
    self.changeClass = changeClass
    self.operations = operations
    self.time = time
    self.action = action
    self.reason = reason
    self.undoes = undoes
    prepared = nil
  }

  /// A change whose payload was prepared, and that says no more than that.
  package init(
    _ prepared: PreparedPayload,
    changeClass: ChangeHeader.Class,
    time: Int64,
    action: UInt64?
  ) {
    object = prepared.object
    operations = prepared.operations
    self.changeClass = changeClass
    self.time = time
    self.action = action
    reason = ""
    undoes = nil
    self.prepared = prepared
  }
}
