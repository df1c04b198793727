internal import CRDT
internal import ChangeLog

/// What an object is.
///
/// The numbers stand in changes.
package enum ObjectType: UInt32, Sendable {
  case article = 1
  case annotation = 2
  case collection = 3
  case profile = 4
  case archive = 5
}

/// The fields of an article, by the numbers that stand in changes.
package enum ArticleField: UInt32, Sendable, CaseIterable {
  /// Set of ``ArticleVersion``; never removed from.
  case versions = 1
  /// Set of ``Sighting``.
  case sightings = 2
  /// Register: the name of the version that is current whatever the others say, in hexadecimal.
  case pin = 3
  // Registers with people's corrections.
  case headline = 10
  case byline = 11
  case section = 12
  case language = 13
  case url = 14
  case published = 15
  /// Set of people's tags.
  case tags = 20
  /// Set of the source's tags that people struck out.
  case struckTags = 21
  /// Text; of a version.
  case body = 30
  /// Set of reviews (``Review``).
  case reviews = 40
  /// Set of settled corrections (``Settlement``).
  case settlements = 41

  /// The registers that a person can set, by the name they go by in commands and JSON.
  package static let correctable: [(name: String, field: ArticleField)] = [
    ("headline", .headline), ("byline", .byline), ("section", .section), ("language", .language),
    ("url", .url), ("published", .published),
  ]
}

/// The fields of an annotation.
package enum AnnotationField: UInt32, Sendable, CaseIterable {
  /// Register: ``AnnotationTarget``, written once.
  case target = 1
  /// Register: a motivation of the W3C Web Annotation Vocabulary, section 3.3.
  case motivation = 2
  /// Text.
  case note = 3
  /// Set of reviews (``Review``).
  case reviews = 40
}

/// The fields of a collection.
package enum CollectionField: UInt32, Sendable, CaseIterable {
  /// Register.
  case name = 1
  /// Set of article ids, 16 bytes each.
  case members = 2
  /// Register: article ids in the order that people gave them, 16 bytes each.
  case order = 3
}

/// The fields of a member's profile.
package enum ProfileField: UInt32, Sendable, CaseIterable {
  /// Set of certifications.
  case writingKeys = 1
  /// Register: how the member wants to be called.
  case name = 2
}

/// The name of a field in commands and JSON; a number for a field of a newer program.
package enum FieldName {
  package static func of(_ field: UInt32, type: UInt32) -> String {
    let name: String? =
      switch ObjectType(rawValue: type) {
      case .article: ArticleField(rawValue: field).map { "\($0)" }
      case .annotation: AnnotationField(rawValue: field).map { "\($0)" }
      case .profile: ProfileField(rawValue: field).map { "\($0)" }
      case .collection: CollectionField(rawValue: field).map { "\($0)" }
      case .archive, nil: nil
      }
    return name ?? "field \(field)"
  }
}

extension FieldName {
  /// The fields that an object of a type has.
  package static func all(ofType type: UInt32) -> Set<UInt32> {
    let fields: [UInt32] =
      switch ObjectType(rawValue: type) {
      case .article: ArticleField.allCases.map(\.rawValue)
      case .annotation: AnnotationField.allCases.map(\.rawValue)
      case .profile: ProfileField.allCases.map(\.rawValue)
      case .collection: CollectionField.allCases.map(\.rawValue)
      case .archive, nil: []
      }
    return Set(fields).union([ObjectState.reviewField])
  }

  /// Those of them that hold texts.
  package static func texts(ofType type: UInt32) -> Set<UInt32> {
    switch ObjectType(rawValue: type) {
    case .article: [ArticleField.body.rawValue]
    case .annotation: [AnnotationField.note.rawValue]
    case .profile, .collection, .archive, nil: []
    }
  }

  /// Whether a register holds a text that people can read and write.
  package static func holdsText(_ field: UInt32, type: UInt32) -> Bool {
    switch ObjectType(rawValue: type) {
    case .article: ArticleField(rawValue: field)?.kind == .register
    case .annotation: field == AnnotationField.motivation.rawValue
    case .collection: field == CollectionField.name.rawValue
    case .profile: field == ProfileField.name.rawValue
    case .archive, nil: false
    }
  }
}

/// How a field merges.
///
/// An operation of another kind on it has no effect, for everybody; fields of newer programs merge
/// by the kind of each operation.
enum FieldKind {
  case register
  case set
  case text

  static func of(_ field: UInt32, type: UInt32) -> FieldKind? {
    if field == ObjectState.reviewField { return .set }
    return switch ObjectType(rawValue: type) {
    case .article: ArticleField(rawValue: field)?.kind
    case .annotation: AnnotationField(rawValue: field)?.kind
    case .profile: ProfileField(rawValue: field)?.kind
    case .collection: CollectionField(rawValue: field)?.kind
    case .archive, nil: nil
    }
  }

  /// Deletions and restorations are about the whole object, whatever field they carry.
  func allows(_ kind: Operation.Kind) -> Bool {
    switch kind {
    case .write: self == .register
    case .add, .remove: self == .set
    case .edit: self == .text
    case .delete, .restore: true
    }
  }
}

extension ArticleField {
  var kind: FieldKind {
    switch self {
    case .versions, .sightings, .tags, .struckTags, .reviews, .settlements: .set
    case .pin, .headline, .byline, .section, .language, .url, .published: .register
    case .body: .text
    }
  }
}

extension AnnotationField {
  var kind: FieldKind {
    switch self {
    case .target, .motivation: .register
    case .note: .text
    case .reviews: .set
    }
  }
}

extension CollectionField {
  var kind: FieldKind {
    switch self {
    case .name, .order: .register
    case .members: .set
    }
  }
}

extension ProfileField {
  var kind: FieldKind {
    switch self {
    case .writingKeys: .set
    case .name: .register
    }
  }
}
