/// Cuts a stream into parts of some lines each, without ever keeping a line that is too long.
struct LineReader {
  /// A line of the current part.
  struct Line: Sendable {
    enum Content {
      /// Where it lies in ``LineReader/buffer``, without its line break.
      case bytes(Range<Int>)
      /// Longer than ``ImportLimits/lineByteLimit``; its bytes are gone.
      case tooLong
    }

    /// Counted from 1.
    var number: Int
    var content: Content
  }

  private(set) var buffer: [UInt8]
  /// What of the buffer the last part has covered.
  private var consumedCount = 0
  private var lineCount = 0
  private var isSkipping = false
  private var isAtEnd = false

  /// Reads on from bytes that were already read.
  init(first buffer: [UInt8]) {
    self.buffer = buffer
  }

  /// The lines of the next part, blank ones too; `nil` at the end.
  ///
  /// Their ranges are those of ``buffer`` as it is until the next call.
  mutating func nextLines(from stream: inout ByteStream) throws(ImportFailure) -> [Line]? {
    var lines: [Line] = []
    buffer.removeFirst(consumedCount)
    consumedCount = 0
    // Of lines for which the last part had no room.
    cut(into: &lines)
    while lines.isEmpty && !isAtEnd {
      buffer.removeFirst(consumedCount)
      consumedCount = 0
      let target = buffer.count + ImportLimits.partByteCount
      while buffer.count < target && !isAtEnd {
        isAtEnd = try !stream.read(into: &buffer)
      }
      cut(into: &lines)
    }
    return lines.isEmpty ? nil : lines
  }

  private mutating func cut(into lines: inout [Line]) {
    while consumedCount < buffer.count {
      guard lines.count < ImportLimits.partLineCount else { return }
      guard
        let end = TextBytes.firstIndex(of: UInt8(ascii: "\n"), in: buffer, from: consumedCount)
      else { break }
      finishLine(at: end, into: &lines)
      consumedCount = end + 1
    }
    let rest = buffer.count - consumedCount
    if isAtEnd {
      if rest > 0 || isSkipping { finishLine(at: buffer.count, into: &lines) }
      consumedCount = buffer.count
    } else if isSkipping || rest > ImportLimits.lineByteLimit + 1 {
      // One more byte than the limit may still be the CR of a line break.
      isSkipping = true
      consumedCount = buffer.count
    }
  }

  private mutating func finishLine(at end: Int, into lines: inout [Line]) {
    lineCount += 1
    var range = consumedCount..<end
    if end < buffer.count, buffer[range].last == UInt8(ascii: "\r") { range = range.dropLast() }
    let isTooLong = isSkipping || range.count > ImportLimits.lineByteLimit
    lines.append(Line(number: lineCount, content: isTooLong ? .tooLong : .bytes(range)))
    isSkipping = false
  }
}
