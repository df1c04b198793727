/// Part of a file, of which the records are still to be read: on whatever core has time.
package struct FilePart: Sendable {
  enum Content {
    /// All of a page.
    case page(ImportedArticle)
    /// Lines, where they lie in the bytes, and how they are read.
    case lines([LineReader.Line], buffer: [UInt8], JSONLines)
  }

  let content: Content

  /// The part's records, in the file's order.
  package func records() -> [ImportedRecord] {
    switch content {
    case .page(let article): [.article(article)]
    case .lines(let lines, let buffer, let format): format.records(of: lines, in: buffer)
    }
  }
}
