package import CRDT
package import ChangeLog

/// Corrections of a former version that somebody made again on a newer one, or let be.
///
/// An element of an article's set `settlements`: the heads of the corrected text, ascending, 28 bytes
/// each; the operation names them too. It holds until somebody goes on with that text.
package struct Settlement: Hashable, Sendable {
  package let heads: [Dot]

  package init(of heads: [Dot]) { self.heads = heads.sorted() }

  /// Reads an element; `nil` when it is none.
  package init?(_ element: [UInt8]) {
    guard let heads = [Dot](concatenated: element), !heads.isEmpty else { return nil }
    self.init(of: heads)
  }

  /// The operation that records it.
  package var operation: Operation {
    Operation(
      field: ArticleField.settlements.rawValue,
      kind: .add,
      names: heads,
      body: heads.bytes
    )
  }

  /// Whether somebody settled a text as it stands.
  package static func isSettled(_ text: TextState, in article: ObjectState) -> Bool {
    article.entries(of: ArticleField.settlements.rawValue)
      .contains { Settlement($0.value)?.heads == text.heads }
  }
}
