import CRDT
import ChangeLog
import Foundation

/// The files of `Protocol/Vectors`, which any implementation can check itself against.
enum VectorFile {
  private static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Protocol/Vectors")

  static func load<Vectors: Decodable>(_ name: String, as type: Vectors.Type) throws -> Vectors {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(
      type,
      from: Data(contentsOf: folder.appendingPathComponent("\(name).json"))
    )
  }

  /// Whether recorded vectors are to be made anew.
  static let isRecording = ProcessInfo.processInfo.environment["STET_RECORD"] != nil

  static func save(_ name: String, _ vectors: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try (encoder.encode(vectors) + Data("\n".utf8))
      .write(to: folder.appendingPathComponent("\(name).json"))
  }
}

/// Bytes, in JSON as hexadecimal digits.
struct Hex: Codable, Hashable, Sendable {
  let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let bytes = [UInt8](hex: try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not hexadecimal")
    }
    self.bytes = bytes
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(bytes.hex)
  }
}

/// A dot, in JSON by its parts.
struct DotVector: Codable, Sendable {
  let lane: Hex
  let seq: UInt64
  let index: UInt32

  init(_ dot: Dot) {
    lane = Hex(dot.lane.bytes)
    seq = dot.seq
    index = dot.index
  }

  var dot: Dot? { LaneID(lane.bytes).map { Dot(lane: $0, seq: seq, index: index) } }
}

extension Collection<DotVector> {
  var dots: [Dot] { compactMap(\.dot) }
}

/// A failure's name as the vectors write it: the case, and the part where there is one.
func name(of failure: any Error) -> String {
  switch failure as? LogFailure {
  case .malformed(let part): "malformed: \(part)"
  case .unsupported(let part): "unsupported: \(part)"
  case .damaged(let part): "damaged: \(part)"
  case .tooLarge(let part): "too large: \(part)"
  case .gap(let change): "gap: \(change.seq)"
  case .fork(let change): "fork: \(change.seq)"
  case nil: "\(failure)"
  }
}
