/// What somebody does with an archive.
enum Deed: CaseIterable, Sendable {
  case importPage, importLines, annotate, highlight, reply, editNote, removeNote, restoreNote
  case tag, set, editBody, remove, restore, undo, redo, resolve
  case sync, clone, rebuild, search, show, log, status

  /// How often it is done, beside the others.
  private var weight: Int {
    switch self {
    case .importPage: 8
    case .importLines: 2
    case .annotate: 14
    case .highlight, .reply: 4
    case .editNote: 6
    case .removeNote, .remove, .restore: 3
    case .restoreNote, .redo: 2
    case .tag, .set: 6
    case .editBody: 8
    case .undo: 4
    case .resolve: 4
    case .sync: 26
    case .clone, .rebuild: 1
    case .search, .show: 2
    case .log, .status: 1
    }
  }

  /// Whether it speaks with a hub.
  var isTalking: Bool { self == .sync || self == .clone }

  static func any(using random: inout some RandomNumberGenerator) -> Self {
    var place = Int.random(in: 0..<allCases.reduce(0) { $0 + $1.weight }, using: &random)
    for deed in allCases {
      place -= deed.weight
      if place < 0 { return deed }
    }
    return .status
  }
}
