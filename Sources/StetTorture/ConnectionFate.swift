/// What befalls one direction of a connection.
enum ConnectionFate: Hashable, Sendable {
  case none
  /// It ends after so many bytes.
  case cut(after: Int)
  /// The byte at this offset arrives as another one.
  case corrupt(at: Int, by: UInt8)
  /// Every piece waits so long, ms.
  case delay(Int)

  /// Draws a fate; most directions have none.
  static func drawn(using random: inout some RandomNumberGenerator) -> Self {
    switch Int.random(in: 0..<20, using: &random) {
    case 0, 1: .cut(after: offset(using: &random))
    case 2: .corrupt(at: offset(using: &random), by: .random(in: 1...255, using: &random))
    case 3, 4: .delay(.random(in: 1...150, using: &random))
    default: .none
    }
  }

  /// Small offsets as often as large ones: a session's first bytes are its greeting, its last ones
  /// come after as many packs as there were.
  private static func offset(using random: inout some RandomNumberGenerator) -> Int {
    Int.random(in: 0...(1 << Int.random(in: 3...17, using: &random)), using: &random)
  }
}
