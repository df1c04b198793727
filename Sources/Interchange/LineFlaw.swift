/// Why a line of JSON Lines is no article.
enum LineFlaw: Error {
  /// A NUL byte or invalid UTF-8, at this byte (counted from 1).
  case notText(byte: Int)
  case tooDeep
  case notJSON
  case notObject
  /// The value of this key is of a type that it cannot have.
  case wrongType(key: String)
  /// Neither headline nor body.
  case empty

  /// From what the decoder of a ``JSONLine`` threw.
  init(_ error: any Error) {
    guard let error = error as? DecodingError else {
      self = .notJSON
      return
    }
    switch error {
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      self = context.codingPath.first.map { .wrongType(key: $0.stringValue) } ?? .notObject
    case .dataCorrupted(let context):
      self = context.codingPath.first.map { .wrongType(key: $0.stringValue) } ?? .notJSON
    case .keyNotFound: self = .notJSON
    @unknown default: self = .notJSON
    }
  }

  /// As in ``Rejection/reason``.
  var reason: String {
    switch self {
    case .notText(let byte): "is not valid UTF-8 text (byte \(byte))"
    case .tooDeep: "is nested more than \(ImportLimits.nestingLimit) levels deep"
    case .notJSON: "is not valid JSON"
    case .notObject: "is not a JSON object"
    case .wrongType(let key): "has a value of the wrong type for \"\(key)\""
    case .empty: "has neither a headline nor a body"
    }
  }
}
