/// What differs between two states of an article: fields as a whole, the body paragraph by
/// paragraph, and within a paragraph word by word.
package struct ArticleDifference: Sendable {
  /// A field with another value.
  package struct Field: Sendable {
    package let name: String
    package let old: String
    package let new: String
  }

  /// A paragraph that changed, appeared or went.
  package struct Paragraph: Sendable {
    /// Which block of the old body it is, from 1; `nil`: it is new.
    package let oldNumber: Int?
    /// Which block of the new body; `nil`: it is gone.
    package let newNumber: Int?
    package let segments: [Segment]
  }

  /// Words that stayed, went or came.
  package struct Segment: Hashable, Sendable {
    package enum Kind: String, Sendable {
      case same
      case removed
      case added
    }

    package let kind: Kind
    package let text: String
  }

  package let fields: [Field]
  package let paragraphs: [Paragraph]

  package var isEmpty: Bool { fields.isEmpty && paragraphs.isEmpty }

  package init(from old: ArticleVersion, to new: ArticleVersion) {
    let pairs =
      ArticleField.correctable.map { ($0.name, old[$0.field], new[$0.field]) }
      + [("tags", old.tags.joined(separator: ", "), new.tags.joined(separator: ", "))]
    fields = pairs.filter { !$1.utf8.elementsEqual($2.utf8) }
      .map { Field(name: $0, old: $1, new: $2) }
    paragraphs = Self.paragraphs(Body.paragraphs(of: old.body), Body.paragraphs(of: new.body))
  }

  private static func paragraphs(_ old: [String], _ new: [String]) -> [Paragraph] {
    let steps = CommonSequence(old.map { Array($0.utf8) }, new.map { Array($0.utf8) }).steps
    var result: [Paragraph] = []
    var removed: [Int] = []
    var added: [Int] = []
    func close() {
      // Paragraphs that changed at one place are taken for each other in their order.
      for place in 0..<max(removed.count, added.count) {
        let before = place < removed.count ? removed[place] : nil
        let after = place < added.count ? added[place] : nil
        result.append(
          Paragraph(
            oldNumber: before.map { $0 + 1 },
            newNumber: after.map { $0 + 1 },
            segments: segments(before.map { old[$0] } ?? "", after.map { new[$0] } ?? "")
          )
        )
      }
      removed = []
      added = []
    }
    for step in steps {
      switch step {
      case .common: close()
      case .removed(let place): removed.append(place)
      case .added(let place): added.append(place)
      }
    }
    close()
    return result
  }

  /// The words of a paragraph before and after.
  package static func segments(_ old: String, _ new: String) -> [Segment] {
    let (oldWords, newWords) = (words(of: old), words(of: new))
    var result: [(kind: Segment.Kind, bytes: [UInt8])] = []
    func append(_ kind: Segment.Kind, _ word: [UInt8]) {
      if result.last?.kind == kind {
        result[result.count - 1].bytes += word
      } else {
        result.append((kind, word))
      }
    }
    for step in CommonSequence(oldWords, newWords).steps {
      switch step {
      case .common(let place, _): append(.same, oldWords[place])
      case .removed(let place): append(.removed, oldWords[place])
      case .added(let place): append(.added, newWords[place])
      }
    }
    return result.map { Segment(kind: $0.kind, text: String(decoding: $0.bytes, as: UTF8.self)) }
  }

  /// Runs of white space and runs of anything else, in turn.
  private static func words(of text: String) -> [[UInt8]] {
    var words: [[UInt8]] = []
    var wasSpace: Bool?
    for byte in text.utf8 {
      let isSpace = byte == 0x20 || (0x09...0x0D).contains(byte)
      if isSpace == wasSpace {
        words[words.count - 1].append(byte)
      } else {
        words.append([byte])
      }
      wasSpace = isSpace
    }
    return words
  }
}

/// A longest common subsequence of two lists, by the table of its lengths.
///
/// Lists whose table would not fit in memory count as different throughout, between what they have in
/// common at both ends.
private struct CommonSequence {
  enum Step {
    case common(old: Int, new: Int)
    case removed(Int)
    case added(Int)
  }

  private(set) var steps: [Step] = []
  private static let cellLimit = 4_000_000

  init(_ old: [[UInt8]], _ new: [[UInt8]]) {
    let head = zip(old, new).prefix { $0 == $1 }.count
    let tail = zip(old.dropFirst(head).reversed(), new.dropFirst(head).reversed())
      .prefix { $0 == $1 }.count
    steps = (0..<head).map { .common(old: $0, new: $0) }
    walk(
      old[head..<(old.count - tail)],
      new[head..<(new.count - tail)]
    )
    steps += (0..<tail).map { .common(old: old.count - tail + $0, new: new.count - tail + $0) }
  }

  private mutating func walk(_ old: ArraySlice<[UInt8]>, _ new: ArraySlice<[UInt8]>) {
    guard old.count * new.count <= Self.cellLimit else {
      steps += old.indices.map { .removed($0) } + new.indices.map { .added($0) }
      return
    }
    let width = new.count + 1
    var lengths = [Int32](repeating: 0, count: (old.count + 1) * width)
    for row in stride(from: old.count - 1, through: 0, by: -1) {
      for column in stride(from: new.count - 1, through: 0, by: -1) {
        let isEqual = old[old.startIndex + row] == new[new.startIndex + column]
        lengths[row * width + column] =
          isEqual
          ? lengths[(row + 1) * width + column + 1] + 1
          : max(lengths[(row + 1) * width + column], lengths[row * width + column + 1])
      }
    }
    var (row, column) = (0, 0)
    while row < old.count || column < new.count {
      let (before, after) = (old.startIndex + row, new.startIndex + column)
      if row < old.count, column < new.count, old[before] == new[after] {
        steps.append(.common(old: before, new: after))
        row += 1
        column += 1
      } else if column == new.count
        || row < old.count
          && lengths[(row + 1) * width + column] >= lengths[row * width + column + 1]
      {
        steps.append(.removed(before))
        row += 1
      } else {
        steps.append(.added(after))
        column += 1
      }
    }
  }
}

extension Body {
  /// The blocks of a body as they are written, with their prefixes.
  static func paragraphs(of text: String) -> [String] {
    let scalars = Array(text.unicodeScalars)
    return ranges(ofBlocksIn: scalars).map { range in
      var view = String.UnicodeScalarView()
      view.append(contentsOf: scalars[range])
      return String(view)
    }
  }

  /// Where the blocks of a body stand, in scalars.
  static func ranges(ofBlocksIn scalars: [Unicode.Scalar]) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var isOpen = false
    var start = 0
    while start <= scalars.count {
      let end = scalars[start...].firstIndex(of: "\n") ?? scalars.count
      if scalars[start..<end].allSatisfy({ $0 == " " || $0 == "\t" }) {
        isOpen = false
      } else if isOpen, let last = ranges.last {
        ranges[ranges.count - 1] = last.lowerBound..<end
      } else {
        ranges.append(start..<end)
        isOpen = true
      }
      start = end + 1
    }
    return ranges
  }
}
