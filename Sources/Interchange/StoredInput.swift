internal import Foundation

/// The bytes of a file as they are stored, in order, without the whole in memory.
package struct StoredInput: ~Copyable {
  private enum Origin {
    case descriptor(Int32)
    case memory([UInt8])
  }

  private let origin: Origin
  /// `nil` where it is not known beforehand, as for a pipe.
  let totalBytes: Int?
  private(set) var bytesRead = 0

  /// Opens a file.
  package init(path: String) throws(ImportFailure) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Self.failure(errno) }
    var status = stat()
    let isFile = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    totalBytes = isFile ? Int(status.st_size) : nil
    origin = .descriptor(descriptor)
  }

  init(bytes: [UInt8]) {
    totalBytes = bytes.count
    origin = .memory(bytes)
  }

  deinit {
    if case .descriptor(let descriptor) = origin { close(descriptor) }
  }

  /// Replaces the buffer's content by the next bytes; none at the end.
  mutating func read(into buffer: inout [UInt8]) throws(ImportFailure) {
    let count = ImportLimits.readByteCount
    switch origin {
    case .memory(let bytes):
      buffer = Array(bytes[bytesRead..<min(bytesRead + count, bytes.count)])
    case .descriptor(let descriptor):
      // Keeps its memory from one read to the next.
      if buffer.count < count { buffer = [UInt8](repeating: 0, count: count) }
      let received = try Self.read(descriptor, into: &buffer)
      buffer.removeLast(buffer.count - received)
    }
    bytesRead += buffer.count
  }

  private static func read(
    _ descriptor: Int32,
    into buffer: inout [UInt8]
  ) throws(ImportFailure) -> Int {
    while true {
      let count = buffer.withUnsafeMutableBytes {
        Foundation.read(descriptor, $0.baseAddress, $0.count)
      }
      if count >= 0 { return count }
      guard errno == EINTR else { throw failure(errno) }
    }
  }

  private static func failure(_ code: Int32) -> ImportFailure {
    .unreadable(reason: String(cString: strerror(code)))
  }
}
