package import CRDT
package import ChangeLog

/// What an operation means to the merge, given the object as its author saw it at least.
///
/// Of the object it asks nothing but which version an operation brought, and whether it can be read.
package struct Interpretation {
  /// Whether a version of this object, by name, is there and can be read.
  private let hasVersion: (VersionName) throws -> Bool
  private let name: ([UInt8]) -> VersionName

  /// - `name`: names a record, for one who knows names already.
  package init(
    name: @escaping ([UInt8]) -> VersionName = { VersionName(ofRecord: $0) },
    hasVersion: @escaping (VersionName) throws -> Bool
  ) {
    self.name = name
    self.hasVersion = hasVersion
  }

  /// The merge's view of an operation.
  ///
  /// - `version`: the version that an operation on this object added; `nil` where it added none.
  /// - Returns: `nil` when the operation has no effect: its kind is unknown or not that of its field,
  ///   its body is not in the format, or it is larger than ``FormatLimits`` allow. That depends on nothing but the changes
  ///   it depends on, so it is the same for everybody.
  /// - Throws: what looking up a version throws.
  package func meaning(
    of operation: Operation,
    at dot: Dot,
    on object: ObjectID,
    versionBroughtBy version: (Dot) throws -> VersionName?
  ) throws -> ObjectOperation? {
    guard let kind = Operation.Kind(rawValue: operation.kind),
      FieldKind.of(operation.field, type: object.type)?.allows(kind) ?? true
    else { return nil }
    let isVersion =
      object.type == ObjectType.article.rawValue
      && operation.field == ArticleField.versions.rawValue
    switch kind {
    case .write:
      guard operation.body.count <= FormatLimits.valueByteLimit else { return nil }
      return .merge(
        .write(field: operation.field, replacing: operation.names, value: operation.body)
      )
    case .add where isVersion:
      return .merge(
        .add(field: operation.field, element: name(operation.body).bytes)
      )
    case .add:
      guard operation.body.count <= FormatLimits.valueByteLimit else { return nil }
      return .merge(.add(field: operation.field, element: operation.body))
    case .remove:
      // A version stays for ever: others' edits and annotations stand on it.
      return isVersion ? nil : .merge(.remove(field: operation.field, adds: operation.names))
    case .edit:
      return try edit(operation, at: dot, on: object, version).map { .edit($0) }
    case .delete:
      return .merge(.delete(covering: operation.names))
    case .restore:
      return .merge(.restore(deletions: operation.names))
    }
  }

  /// The merge's view of an operation, as ``meaning(of:at:on:versionBroughtBy:)`` has it, with the object in
  /// memory.
  package func meaning(
    of operation: Operation,
    at dot: Dot,
    on object: ObjectID,
    in state: ObjectState
  ) throws -> ObjectOperation? {
    try meaning(of: operation, at: dot, on: object) { dot in
      state.entries.first { $0.field == ArticleField.versions.rawValue && $0.dot == dot }
        .flatMap { VersionName($0.value) }
    }
  }

  private func edit(
    _ operation: Operation,
    at dot: Dot,
    on object: ObjectID,
    _ version: (Dot) throws -> VersionName?
  ) throws -> TextOperation? {
    guard let hunks = TextEditBody.hunks(operation.body),
      let (text, parents) = try text(of: operation, on: object, versionBroughtBy: version)
    else { return nil }
    return TextOperation(text: text, edit: TextEdit(dot: dot, parents: parents, hunks: hunks))
  }

  /// Which text an edit is of, and its parents; `nil` when it is of none.
  ///
  /// An edit of an article's body names first the operation that brought the version, then its
  /// parents; other texts begin empty, and all names are parents.
  package func text(
    of edit: Operation,
    on object: ObjectID,
    versionBroughtBy version: (Dot) throws -> VersionName?
  ) throws -> (text: TextID, parents: [Dot])? {
    guard object.type == ObjectType.article.rawValue, edit.field == ArticleField.body.rawValue
    else { return (TextID(field: edit.field), edit.names) }
    guard let bringer = edit.names.first, let version = try version(bringer),
      try hasVersion(version)
    else { return nil }
    return (
      TextID(field: edit.field, version: version.bytes), Array(edit.names.dropFirst())
    )
  }
}
