package import Foundation
internal import Interchange

/// Real texts that lie beside the package and are not part of it.
package enum SharedData {
  /// `../shared/data`, seen from the package; `STET_SHARED_DATA` says otherwise.
  package static let folder =
    ProcessInfo.processInfo.environment["STET_SHARED_DATA"].map(URL.init(fileURLWithPath:))
    ?? URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("../shared/data").standardized

  package static let isPresent = FileManager.default.fileExists(atPath: folder.path)

  package static func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  /// A file's bytes, inflated where they are gzip.
  package static func bytes(_ name: String) throws -> [UInt8] {
    var stream = try ByteStream(StoredInput(path: path(name)))
    var bytes: [UInt8] = []
    while try stream.read(into: &bytes) {}
    return bytes
  }

  /// The objects of a JSON Lines file.
  package static func objects<Object: Decodable>(
    _ name: String,
    as type: Object.Type
  ) throws -> [Object] {
    try bytes(name).split(separator: UInt8(ascii: "\n"))
      .map { try JSONDecoder().decode(type, from: Data($0)) }
  }
}
