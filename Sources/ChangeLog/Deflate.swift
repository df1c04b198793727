internal import CZlib

/// Raw deflate (RFC 1951) and the CRC-32 of RFC 1952, by zlib.
package enum Deflate {
  /// The most that deflate can expand, as one byte of compressed data per this many.
  private static let expansionLimit = 1032

  /// Compresses.
  ///
  /// - `level`: 1 (fast) to 9 (small).
  package static func compress(_ bytes: [UInt8], level: Int32) -> [UInt8] {
    var stream = z_stream()
    guard
      deflateInit2_(
        &stream,
        level,
        Z_DEFLATED,
        -MAX_WBITS,
        8,
        Z_DEFAULT_STRATEGY,
        ZLIB_VERSION,
        Int32(MemoryLayout<z_stream>.size)
      ) == Z_OK
    else { preconditionFailure("zlib has no memory left") }
    defer { deflateEnd(&stream) }
    let bound = Int(deflateBound(&stream, UInt(bytes.count)))
    return bytes.withUnsafeBufferPointer { input in
      [UInt8](unsafeUninitializedCapacity: bound) { output, count in
        stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(output.count)
        precondition(deflate(&stream, Z_FINISH) == Z_STREAM_END, "deflateBound was too small")
        count = Int(stream.total_out)
      }
    }
  }

  /// Restores exactly `rawSize` bytes.
  ///
  /// Nothing is allocated for a size that the input cannot expand to.
  /// - Throws: ``LogFailure/damaged(_:)``.
  package static func decompress(_ bytes: [UInt8], rawSize: Int) throws(LogFailure) -> [UInt8] {
    guard rawSize <= bytes.count * expansionLimit else { throw .damaged("compressed section") }
    var stream = z_stream()
    guard
      inflateInit2_(&stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { preconditionFailure("zlib has no memory left") }
    defer { inflateEnd(&stream) }
    var isWhole = false
    let raw = bytes.withUnsafeBufferPointer { input in
      [UInt8](unsafeUninitializedCapacity: max(rawSize, 1)) { output, count in
        stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(rawSize)
        isWhole = inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_in == 0
        count = Int(stream.total_out)
      }
    }
    guard isWhole, raw.count == rawSize else { throw .damaged("compressed section") }
    return raw
  }

  /// CRC-32 of the bytes.
  package static func checksum(_ bytes: [UInt8]) -> UInt32 {
    UInt32(truncatingIfNeeded: crc32(0, bytes, UInt32(bytes.count)))
  }
}
