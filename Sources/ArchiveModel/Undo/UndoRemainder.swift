/// Something of an action that its undo leaves as it is.
package enum UndoRemainder: Hashable, Sendable {
  /// A field was set again since.
  case overwritten(field: String)
  /// What was put into a set, or taken out, is out of it through somebody else.
  case takenOut(field: String)
  /// What was put into a set is in it through somebody else as well.
  case addedTwice(field: String)
  /// Nothing of an edit is left that only this edit did.
  case reworked(field: String)
  /// So many characters that the edit deleted were deleted by somebody else as well.
  case deletedTwice(field: String, scalarCount: Int)
  /// A text can hold no more, also not what an edit of it deleted.
  case full(field: String)
  /// A version of an article stays for ever.
  case version
  /// What makes a replica one of a member's stays.
  case certification
  /// The object is deleted: an undo on it would bring it back.
  case objectDeleted
  /// A deletion was lifted already.
  case restored
  /// The action made the object, and others have added to it since.
  case keptAlive
  /// What is not among the values that are looked at of a large object.
  case unseen
  /// An operation of a newer program.
  case unknown

  /// Why, as the end of a sentence about the object.
  package var reason: String {
    switch self {
    case .overwritten(let field): "\(field) was set again since, and stays"
    case .takenOut(let field): "others have taken the same out of \(field)"
    case .addedTwice(let field): "others have put the same into \(field)"
    case .reworked(let field): "nothing is left of the edit of \(field)"
    case .deletedTwice(let field, let count):
      "\(count) characters of \(field) were deleted by somebody else too, and stay deleted"
    case .full(let field): "\(field) can hold no more"
    case .version: "the version stays: others may have built on it"
    case .certification: "what makes a replica a member's stays"
    case .objectDeleted: "it is deleted: restore it first"
    case .restored: "its deletion was lifted already"
    case .keptAlive: "others have added to it, and it stays"
    case .unseen: "it is too large, and what is not looked at of it stays"
    case .unknown: "part of it needs a newer stet"
    }
  }
}
