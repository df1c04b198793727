/// The bytes of an input, inflated on the way where they are gzip.
package struct ByteStream: ~Copyable {
  private var stored: StoredInput
  private var inflater: GzipInflater?
  /// What the detection read, for the first ``read(into:)``; later, room to read into.
  private var chunk: [UInt8] = []
  private var isFresh = true

  /// Looks at the first bytes to tell whether the input is gzip.
  package init(_ stored: consuming StoredInput) throws(ImportFailure) {
    self.stored = stored
    // A pipe may give less at first than the two bytes that tell gzip.
    var next: [UInt8] = []
    repeat {
      try self.stored.read(into: &next)
      chunk += next
    } while chunk.count < 2 && !next.isEmpty
    if GzipInflater.recognizes(chunk) { inflater = GzipInflater(first: chunk) }
  }

  var totalBytes: Int? { stored.totalBytes }
  var bytesRead: Int { stored.bytesRead }

  /// Appends some more bytes; `false` at the end.
  package mutating func read(into buffer: inout [UInt8]) throws(ImportFailure) -> Bool {
    let count = buffer.count
    if inflater != nil {
      try inflater?.read(from: &stored, into: &buffer)
    } else {
      if !isFresh { try stored.read(into: &chunk) }
      isFresh = false
      buffer += chunk
    }
    return buffer.count > count
  }
}
