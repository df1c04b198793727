internal import CZlib

/// Inflates gzip members, one after the other, piece by piece.
///
/// Memory is bounded by one piece of input and one of output, whatever the stream claims.
struct GzipInflater: ~Copyable {
  /// On the heap, as zlib keeps a pointer to it.
  private let stream: UnsafeMutablePointer<z_stream>
  private var input: [UInt8] = []
  private var position = 0
  private var output = [UInt8](repeating: 0, count: ImportLimits.readByteCount)
  private var isInsideMember = false
  /// zlib may hold back output that did not fit.
  private var hasFilledOutput = false

  /// A gzip stream of which the first bytes were already read.
  init(first input: [UInt8]) {
    self.input = input
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // 16 more than the window size: gzip, and nothing else.
    let status = inflateInit2_(
      stream,
      MAX_WBITS + 16,
      ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size)
    )
    precondition(status == Z_OK, "zlib has no memory left")
  }

  deinit {
    inflateEnd(stream)
    stream.deinitialize(count: 1)
    stream.deallocate()
  }

  /// Whether a stream of these first bytes is gzip.
  static func recognizes(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: [0x1f, 0x8b])
  }

  /// Appends some more bytes; none at the end of the last member.
  mutating func read(
    from stored: inout StoredInput,
    into buffer: inout [UInt8]
  ) throws(ImportFailure) {
    while true {
      if position == input.count && !hasFilledOutput {
        try stored.read(into: &input)
        position = 0
        guard !input.isEmpty else {
          if isInsideMember { throw .damagedGzip(.truncated) }
          return
        }
      }
      if !isInsideMember { try beginMember() }
      let count = try step()
      buffer += output[..<count]
      if count > 0 { return }
    }
  }

  private mutating func beginMember() throws(ImportFailure) {
    guard input[position] == 0x1f else { throw .damagedGzip(.trailingBytes) }
    inflateReset(stream)
    isInsideMember = true
  }

  /// Inflates into `output` and returns how many bytes it made.
  private mutating func step() throws(ImportFailure) -> Int {
    var status = Z_OK
    var unusedInput = 0
    var unusedOutput = 0
    let (stream, position) = (stream, position)
    input.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        stream.pointee.next_in = input.baseAddress.map { $0 + position }
        stream.pointee.avail_in = UInt32(input.count - position)
        stream.pointee.next_out = output.baseAddress
        stream.pointee.avail_out = UInt32(output.count)
        status = inflate(stream, Z_NO_FLUSH)
        unusedInput = Int(stream.pointee.avail_in)
        unusedOutput = Int(stream.pointee.avail_out)
      }
    }
    self.position = input.count - unusedInput
    hasFilledOutput = unusedOutput == 0
    switch status {
    case Z_OK, Z_BUF_ERROR: break
    case Z_STREAM_END:
      isInsideMember = false
      hasFilledOutput = false
    default: throw .damagedGzip(.corrupt)
    }
    return output.count - unusedOutput
  }
}
