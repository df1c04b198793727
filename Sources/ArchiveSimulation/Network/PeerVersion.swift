internal import SyncProtocol

/// The version of a program, as far as its peer can see it.
enum PeerVersion {
  case current
  /// Speaks this version too, and says more than this one understands.
  case newer
  /// Speaks no version that this one speaks.
  case foreign

  /// Another version than this program's.
  private static let otherNumber = ProtocolVersion.current + 1

  /// What the program sends for a message of this version, one frame's content each.
  func encoded(_ message: SyncMessage) -> [[UInt8]] {
    switch self {
    case .current: return [MessageCodec.encode(message)]
    case .newer:
      return [
        Self.unknownField, MessageCodec.encode(adding(otherVersion: message)) + Self.unknownField,
      ]
    case .foreign: return [MessageCodec.encode(replacing(versionOf: message))]
    }
  }

  private func adding(otherVersion message: SyncMessage) -> SyncMessage {
    guard case .hello(var hello) = message else { return message }
    hello.versions.insert(Self.otherNumber, at: 0)
    return .hello(hello)
  }

  private func replacing(versionOf message: SyncMessage) -> SyncMessage {
    if case .hello(var hello) = message {
      hello.versions = [Self.otherNumber]
      return .hello(hello)
    }
    if case .welcome(var welcome) = message {
      welcome.version = Self.otherNumber
      return .welcome(welcome)
    }
    return message
  }

  /// Field 1000 of the wire type with a length, 3 bytes long.
  ///
  /// Alone it is a message of a kind that this version does not know.
  private static let unknownField: [UInt8] = [0xC2, 0x3E, 3, 1, 2, 3]
}
