import Synchronization

/// The notes that `stet` said were written.
///
/// Each holds a mark that stands nowhere else, so that it is found wherever its text went.
final class AcknowledgedNotes: Sendable {
  private struct Contents {
    var drafted = 0
    var marks: Set<String> = []
    var annotations: [String] = []
  }

  private let contents = Mutex(Contents())

  var count: Int { contents.withLock { $0.marks.count } }

  /// The mark of a note that is about to be written.
  func draft() -> String {
    contents.withLock { contents in
      contents.drafted += 1
      return "ack-\(contents.drafted);"
    }
  }

  /// The program said that the note with this mark is written.
  func take(mark: String) { contents.withLock { _ = $0.marks.insert(mark) } }

  /// The program said under which id it wrote an annotation.
  func take(annotation: String) { contents.withLock { $0.annotations.append(annotation) } }

  /// An annotation that was written somewhere.
  func anyAnnotation(using random: inout some RandomNumberGenerator) -> String? {
    contents.withLock { $0.annotations.randomElement(using: &random) }
  }

  /// The marks that are not in a text.
  func missing(in text: String) -> [String] {
    let found = Set(text.matches(of: #/ack-[0-9]+;/#).map { String($0.output) })
    return contents.withLock { $0.marks.subtracting(found).sorted() }
  }
}
