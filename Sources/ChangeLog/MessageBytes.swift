package import SwiftProtobuf

extension Message {
  /// The message's bytes.
  ///
  /// Encoding fails only for required fields, which proto3 has not, and above 2 GiB, which
  /// `FormatLimits` forbid.
  package var encoded: [UInt8] {
    guard let bytes: [UInt8] = try? serializedBytes() else {
      preconditionFailure("a message above 2 GiB")
    }
    return bytes
  }
}
