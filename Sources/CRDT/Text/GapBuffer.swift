/// A text that is being edited: UTF-8 with a gap where the last edit was.
///
/// An edit costs the distance from the one before and its own size, in bytes.
package struct GapBuffer {
  private var bytes: [UInt8]
  /// The bytes of the gap mean nothing.
  private var gap: Range<Int>
  /// Scalars before the gap.
  private var scalarsBeforeGap: Int
  /// Scalars of the whole text.
  package private(set) var count: Int

  package init(_ text: String) {
    bytes = Array(text.utf8)
    gap = bytes.count..<bytes.count
    count = text.scalarCount
    scalarsBeforeGap = count
  }

  package var text: String {
    var whole = bytes
    whole.removeSubrange(gap)
    return String(decoding: whole, as: UTF8.self)
  }

  /// Inserts at a place and deletes what follows the insertion.
  ///
  /// - `position`, `deleteCount`: scalars, within the text.
  package mutating func replace(_ position: Int, _ deleteCount: Int, with insert: String) {
    move(to: position)
    if deleteCount > 0 {
      gap = gap.lowerBound..<offset(of: deleteCount, from: gap.upperBound)
      count -= deleteCount
    }
    guard !insert.isEmpty else { return }
    var insert = insert
    insert.withUTF8 { inserted in
      if gap.count < inserted.count { widen(to: inserted.count) }
      for place in inserted.indices { bytes[gap.lowerBound + place] = inserted[place] }
      gap = (gap.lowerBound + inserted.count)..<gap.upperBound
      let scalars = inserted.scalarCount
      count += scalars
      scalarsBeforeGap += scalars
    }
  }

  private mutating func widen(to room: Int) {
    let added = room + bytes.count / 4 + 64
    bytes.insert(contentsOf: repeatElement(0, count: added), at: gap.upperBound)
    gap = gap.lowerBound..<(gap.upperBound + added)
  }

  private mutating func move(to position: Int) {
    if position < scalarsBeforeGap {
      let start = offset(of: scalarsBeforeGap - position, before: gap.lowerBound)
      let moved = gap.lowerBound - start
      copy(from: start, to: gap.upperBound - moved, count: moved)
      gap = start..<(gap.upperBound - moved)
    } else if position > scalarsBeforeGap {
      let end = offset(of: position - scalarsBeforeGap, from: gap.upperBound)
      let moved = end - gap.upperBound
      copy(from: gap.upperBound, to: gap.lowerBound, count: moved)
      gap = (gap.lowerBound + moved)..<end
    }
    scalarsBeforeGap = position
  }

  private mutating func copy(from source: Int, to target: Int, count: Int) {
    guard count > 0, source != target else { return }
    bytes.withUnsafeMutableBytes { buffer in
      guard let start = buffer.baseAddress else { return }
      (start + target).copyMemory(from: start + source, byteCount: count)
    }
  }

  /// Where the scalar is that comes so many scalars after the one at a byte.
  private func offset(of scalars: Int, from start: Int) -> Int {
    bytes.withUnsafeBufferPointer { bytes in
      var offset = start
      var rest = scalars
      while rest > 0 {
        offset += 1
        while offset < bytes.count, bytes[offset].isContinuation { offset += 1 }
        rest -= 1
      }
      return offset
    }
  }

  /// Where the scalar is that comes so many scalars before a byte.
  private func offset(of scalars: Int, before end: Int) -> Int {
    bytes.withUnsafeBufferPointer { bytes in
      var offset = end
      var rest = scalars
      while rest > 0 {
        offset -= 1
        while bytes[offset].isContinuation { offset -= 1 }
        rest -= 1
      }
      return offset
    }
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
}

extension String {
  /// The number of Unicode scalars.
  package var scalarCount: Int {
    var text = self
    return text.withUTF8(\.scalarCount)
  }
}
