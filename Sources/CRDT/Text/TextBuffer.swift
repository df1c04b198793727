/// A text that is being edited: UTF-8 in chunks, and a cursor where the last edit was.
///
/// An edit next to the one before costs its own size. One far away passes over the chunks between by
/// their counts, so that very many edits all over a long text, which a hostile author may send, stay
/// cheap.
package struct TextBuffer {
  private static let chunkByteCount = 4096

  private struct Chunk {
    var bytes: [UInt8]
    /// Scalars in it.
    var count: Int
  }

  /// At least one; each begins with a scalar's first byte.
  private var chunks: [Chunk]
  /// Scalars of the whole text.
  package private(set) var count: Int
  private var cursor = Cursor()

  /// A place in the text.
  private struct Cursor {
    var chunk = 0
    /// Scalars before the chunk.
    var start = 0
    /// Scalars of the chunk before the place, and their bytes.
    var scalar = 0
    var byte = 0
  }

  package init(_ text: String) {
    chunks = Self.chunks(of: Array(text.utf8))
    count = chunks.reduce(0) { $0 + $1.count }
  }

  package var text: String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(chunks.reduce(0) { $0 + $1.bytes.count })
    for chunk in chunks { bytes += chunk.bytes }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Inserts at a place and deletes what follows the insertion.
  ///
  /// - `position`, `deleteCount`: scalars, within the text.
  package mutating func replace(_ position: Int, _ deleteCount: Int, with insert: String) {
    guard deleteCount > 0 || !insert.isEmpty else { return }
    seek(position)
    if deleteCount > 0 { delete(deleteCount) }
    if !insert.isEmpty { self.insert(insert) }
  }

  private static func chunks(of bytes: [UInt8]) -> [Chunk] {
    var chunks: [Chunk] = []
    var start = 0
    while start < bytes.count {
      var end = min(start + chunkByteCount, bytes.count)
      while end < bytes.count, bytes[end].isContinuation { end += 1 }
      let piece = Array(bytes[start..<end])
      chunks.append(Chunk(bytes: piece, count: piece.withUnsafeBufferPointer(\.scalarCount)))
      start = end
    }
    return chunks.isEmpty ? [Chunk(bytes: [], count: 0)] : chunks
  }

  // MARK: - Moving

  /// Moves to a place; of two chunks that meet there, to the end of the first.
  private mutating func seek(_ position: Int) {
    while position < cursor.start {
      cursor.chunk -= 1
      cursor = Cursor(chunk: cursor.chunk, start: cursor.start - chunks[cursor.chunk].count)
    }
    while position > cursor.start + chunks[cursor.chunk].count { enterNextChunk() }
    let scalar = position - cursor.start
    cursor.byte = chunks[cursor.chunk].bytes.withUnsafeBufferPointer { bytes in
      scalar < cursor.scalar
        ? bytes.offset(of: cursor.scalar - scalar, before: cursor.byte)
        : bytes.offset(of: scalar - cursor.scalar, from: cursor.byte)
    }
    cursor.scalar = scalar
  }

  private mutating func enterNextChunk() {
    cursor = Cursor(
      chunk: cursor.chunk + 1,
      start: cursor.start + chunks[cursor.chunk].count
    )
  }

  // MARK: - Changing

  /// Deletes what follows the cursor.
  private mutating func delete(_ deleteCount: Int) {
    count -= deleteCount
    var rest = deleteCount
    while rest > 0 {
      let here = min(rest, chunks[cursor.chunk].count - cursor.scalar)
      rest -= here
      if here == chunks[cursor.chunk].count, cursor.chunk + 1 < chunks.count {
        chunks.remove(at: cursor.chunk)
        continue
      }
      let byte = cursor.byte
      let end = chunks[cursor.chunk].bytes.withUnsafeBufferPointer {
        $0.offset(of: here, from: byte)
      }
      chunks[cursor.chunk].bytes.removeSubrange(byte..<end)
      chunks[cursor.chunk].count -= here
      if rest > 0 { enterNextChunk() }
    }
  }

  private mutating func insert(_ text: String) {
    var text = text
    let byte = cursor.byte
    let (inserted, byteCount) = text.withUTF8 { bytes in
      chunks[cursor.chunk].bytes.insert(contentsOf: bytes, at: byte)
      return (bytes.scalarCount, bytes.count)
    }
    count += inserted
    chunks[cursor.chunk].count += inserted
    cursor.scalar += inserted
    cursor.byte += byteCount
    guard chunks[cursor.chunk].bytes.count > 2 * Self.chunkByteCount else { return }
    let position = cursor.start + cursor.scalar
    let pieces = Self.chunks(of: chunks[cursor.chunk].bytes)
    chunks.replaceSubrange(cursor.chunk...cursor.chunk, with: pieces)
    cursor = Cursor(chunk: cursor.chunk, start: cursor.start)
    seek(position)
  }
}

extension UInt8 {
  /// Whether it continues a scalar in UTF-8 (RFC 3629, 3).
  fileprivate var isContinuation: Bool { self & 0xC0 == 0x80 }
}

extension UnsafeBufferPointer<UInt8> {
  fileprivate var scalarCount: Int {
    var count = 0
    for byte in self where !byte.isContinuation { count += 1 }
    return count
  }

  /// Where the scalar is that comes so many scalars after the one at a byte.
  fileprivate func offset(of scalars: Int, from start: Int) -> Int {
    var offset = start
    var rest = scalars
    while rest > 0 {
      offset += 1
      while offset < count, self[offset].isContinuation { offset += 1 }
      rest -= 1
    }
    return offset
  }

  /// Where the scalar is that comes so many scalars before a byte.
  fileprivate func offset(of scalars: Int, before end: Int) -> Int {
    var offset = end
    var rest = scalars
    while rest > 0 {
      offset -= 1
      while self[offset].isContinuation { offset -= 1 }
      rest -= 1
    }
    return offset
  }
}

extension String {
  /// The number of Unicode scalars.
  package var scalarCount: Int {
    var text = self
    return text.withUTF8(\.scalarCount)
  }
}
