internal import ArchiveModel
internal import Foundation

/// Articles as JSON Lines: one object a line, read by its keys `id`, `source`, `url`, `language`,
/// `published`, `headline`, `byline`, `section`, `tags` and `body`.
///
/// Other keys are ignored, `null` means unknown. A line that is not such an object is rejected by
/// its number, the rest goes on. Blank lines are nothing.
struct JSONLines: Sendable {
  var options: ImportOptions

  /// What lines hold, in their order.
  func records(of lines: [LineReader.Line], in buffer: [UInt8]) -> [ImportedRecord] {
    let decoder = JSONDecoder()
    return lines.compactMap { record(of: $0, in: buffer, decoder) }
  }

  /// `nil` for a blank line.
  private func record(
    of line: LineReader.Line,
    in buffer: [UInt8],
    _ decoder: JSONDecoder
  ) -> ImportedRecord? {
    guard case .bytes(let range) = line.content else {
      let limit = ImportLimits.lineByteLimit >> 20
      return .rejected(Rejection(line: line.number, reason: "is longer than \(limit) MiB"))
    }
    let raw = Array(buffer[range])
    if raw.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }) { return nil }
    do throws(LineFlaw) {
      let version = try version(of: raw, decoder)
      return .article(ImportedArticle(version: version, raw: raw, line: line.number))
    } catch {
      return .rejected(Rejection(line: line.number, reason: error.reason))
    }
  }

  private func version(
    of raw: [UInt8],
    _ decoder: JSONDecoder
  ) throws(LineFlaw) -> ArticleVersion {
    if let byte = TextBytes.firstFlaw(in: raw) { throw .notText(byte: byte) }
    if JSONNesting.isDeeper(than: ImportLimits.nestingLimit, raw) { throw .tooDeep }
    let line: JSONLine
    do {
      line = try decoder.decode(JSONLine.self, from: Data(raw))
    } catch {
      throw LineFlaw(error)
    }
    return try line.version(options)
  }
}
