/// What differs between two states of an article: fields as a whole, the body by passages of blocks,
/// and within both word by word.
package struct ArticleDifference: Sendable {
  /// A field with another value.
  package struct Field: Sendable {
    package let name: String
    package let old: String
    package let new: String
  }

  package let fields: [Field]
  /// Blocks of the body in which something changed.
  package let passages: [WordDifference.Passage]

  package var isEmpty: Bool { fields.isEmpty && passages.isEmpty }

  package init(from old: ArticleVersion, to new: ArticleVersion) {
    let pairs =
      ArticleField.correctable.map { ($0.name, old[$0.field], new[$0.field]) }
      + [("tags", old.tags.joined(separator: ", "), new.tags.joined(separator: ", "))]
    fields = pairs.filter { !$1.utf8.elementsEqual($2.utf8) }
      .map { Field(name: $0, old: $1, new: $2) }
    passages = WordDifference(from: old.body, to: new.body).changedPassages
  }
}
