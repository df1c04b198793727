/// How somebody who saw an article wants it to read.
package struct ArticleDraft: Sendable {
  /// The registers that are spoken of; no text asks for what the source says.
  ///
  /// A register that is not in it stays as it is.
  package var fields: [(field: ArticleField, text: String?)]
  /// `nil`: the tags stay as they are.
  package var tags: [String]?
  package var body: String

  package init(
    body: String,
    fields: [(field: ArticleField, text: String?)] = [],
    tags: [String]? = nil
  ) {
    self.body = body
    self.fields = fields
    self.tags = tags
  }
}
