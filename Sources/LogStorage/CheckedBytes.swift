internal import ChangeLog
internal import Foundation

/// Foreign bytes of a file, read from where its handle stands, and hashed on the way where that is wanted.
struct CheckedBytes {
  private let handle: FileHandle
  /// The error for damage, in words that follow on the file's name.
  let damage: (String) -> any Error
  private var running: RunningHash?

  init(
    _ handle: FileHandle,
    hashing running: RunningHash? = nil,
    damage: @escaping (String) -> any Error
  ) {
    self.handle = handle
    self.damage = damage
    self.running = running
  }

  /// The hash of what was read so far; `nil` where none was wanted.
  var hash: Hash? { running?.hash }

  /// Exactly so many bytes.
  ///
  /// - `count`: bounded by the caller; what is not there is not allocated.
  mutating func read(_ count: Int) throws -> [UInt8] {
    guard count > 0 else { return [] }
    guard let data = try handle.read(upToCount: count), data.count == count else {
      throw damage("it ends too early")
    }
    let bytes = Array(data)
    running?.append(bytes)
    return bytes
  }
}
