/// Divides a page into parts, once, from its first line to its last.
///
/// Head (labels and headline, in any order of blocks), body, and tail (blank lines and furniture).
/// Everything that is told about a page is told from these parts.
struct PageReader {
  /// Lines that belong together, and what they are.
  struct Part {
    var lines: Range<Int>
    var fate: LineFate
    /// The value: of a label without its prefix, of a block its lines.
    var text: String
  }

  private let lines: [String]
  private let profile: LabelledTextProfile
  private var parts: [Part] = []
  private var headline: String?
  /// The fields that have a value.
  private var named: Set<LabelledTextProfile.Field> = []
  private var next = 0

  private init(_ lines: [String], _ profile: LabelledTextProfile) {
    self.lines = lines
    self.profile = profile
  }

  /// The parts of a page; together they cover every line once, in order.
  static func parts(of lines: [String], profile: LabelledTextProfile) -> [Part] {
    var reader = PageReader(lines, profile)
    let tail = reader.tail()
    let tailStart = tail.first?.lines.lowerBound ?? lines.count
    reader.readHead(until: tailStart)
    reader.readBody(until: tailStart)
    return reader.parts + tail
  }

  // MARK: - Tail

  /// Found from the end upwards, so that furniture's words inside the page stay what they are.
  private func tail() -> [Part] {
    var tail: [Part] = []
    for index in lines.indices.reversed() {
      guard let fate = lines[index].isBlank ? .blank : furniture(lines[index]) else { break }
      tail.append(Part(lines: index..<index + 1, fate: fate, text: ""))
    }
    return tail.reversed()
  }

  private func furniture(_ line: String) -> LineFate? {
    let match = profile.furniture.first { FurniturePattern(text: $0.pattern).matches(line) }
    return match.map { .furniture(rule: $0.rule) }
  }

  // MARK: - Head

  private mutating func readHead(until end: Int) {
    while next < end {
      if lines[next].isBlank {
        take(next + 1, as: .blank)
      } else if let headline {
        let block = blockEnd(before: end)
        if joinedLine(next..<block).utf8.elementsEqual(headline.utf8) {
          take(block, as: .repeatedHeadline)
        } else if (next..<block).allSatisfy({ label(lines[$0]) != nil }) {
          // All at once: to ask again for each line would take the square of their number.
          while next < block { takeLabel() }
        } else {
          return
        }
      } else if label(lines[next]) != nil {
        takeLabel()
      } else {
        takeHeadline(before: end)
      }
    }
  }

  /// Takes the rest of the block, or the lines before a label in it.
  private mutating func takeHeadline(before end: Int) {
    let block = blockEnd(before: end)
    // From here on, the labels that count only after the headline do count.
    headline = joinedLine(next..<block)
    let stop = (next + 1..<block).first { label(lines[$0]) != nil } ?? block
    headline = joinedLine(next..<stop)
    take(stop, as: .headline, text: headline)
  }

  private mutating func takeLabel() {
    guard let (field, value) = label(lines[next]) else { return }
    take(next + 1, as: named.contains(field) ? .repeatedLabel(field) : .label(field), text: value)
    if !value.isEmpty { named.insert(field) }
  }

  private func label(_ line: String) -> (LabelledTextProfile.Field, value: String)? {
    let line = line.trimmingBlanks
    for label in profile.labels {
      let isCertain = label.prefix.utf8.last == UInt8(ascii: ":")
      guard isCertain || (headline != nil && couldBeHeading(line)) else { continue }
      guard let value = line.dropping(prefixInAnyCase: label.prefix) else { continue }
      guard isCertain || line.utf8.starts(with: label.prefix.utf8) else { continue }
      return (label.field, value.trimmingBlanks)
    }
    return isAddress(line) ? (.url, line) : nil
  }

  private func isAddress(_ line: String) -> Bool {
    let rest =
      line.dropping(prefixInAnyCase: "https://") ?? line.dropping(prefixInAnyCase: "http://")
    guard let rest, !rest.isEmpty else { return false }
    return !rest.utf8.contains { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
  }

  // MARK: - Body

  private mutating func readBody(until end: Int) {
    let bodyStart = next
    while next < end {
      if lines[next].isBlank {
        take(next + 1, as: .blank)
      } else {
        let block = blockEnd(before: end)
        let isHeading = bodyStart < next && isHeading(next..<block, before: end)
        take(block, as: isHeading ? .heading : .paragraph)
      }
    }
  }

  private func isHeading(_ block: Range<Int>, before end: Int) -> Bool {
    // The tail begins with the blank lines after the last block, so a later block exists here.
    guard block.count == 1, block.upperBound < end, couldBeHeading(lines[block.lowerBound])
    else { return false }
    let before = lines[..<block.lowerBound].suffix(profile.headings.blankLines)
    let after = lines[block.upperBound..<end].prefix(profile.headings.blankLines)
    return before.count + after.count == 2 * profile.headings.blankLines
      && before.allSatisfy(\.isBlank) && after.allSatisfy(\.isBlank)
  }

  private func couldBeHeading(_ line: String) -> Bool {
    let scalars = line.trimmingBlanks.unicodeScalars
    let closers: Set<Unicode.Scalar> = ["\"", "'", "”", "’", "»", ")", "]", "」", "』"]
    guard scalars.count <= profile.headings.lengthLimit,
      let last = scalars.last(where: { !closers.contains($0) })
    else { return false }
    return !profile.headings.sentenceEnds.unicodeScalars.contains(last)
  }

  // MARK: - Lines

  private mutating func take(_ end: Int, as fate: LineFate, text: String? = nil) {
    let range = next..<end
    let text = text ?? lines[range].joined(separator: "\n")
    parts.append(Part(lines: range, fate: fate, text: text))
    next = end
  }

  private func blockEnd(before end: Int) -> Int {
    lines[next..<end].firstIndex(where: \.isBlank) ?? end
  }

  /// The lines of a headline as one.
  private func joinedLine(_ range: Range<Int>) -> String {
    lines[range].map(\.trimmingBlanks).joined(separator: " ")
  }
}
