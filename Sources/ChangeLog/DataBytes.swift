package import Foundation

extension [UInt8] {
  /// The bytes as the protobuf runtime wants them.
  package var data: Data { Data(self) }
}

extension PublicKey {
  var data: Data { bytes.data }
}
