import SyncSimulation

/// A text and another one made of it, in one of several scripts.
struct RandomTextPair {
  private(set) var old = ""
  private(set) var new = ""

  /// What texts are made of; joiners, marks and halves of pairs stand alone too.
  private static let scripts: [[String]] = [
    ["the", "cat", "sat", "on", "a", "mat", " ", " ", " ", ".", "\n", "\n\n", "don't"],
    ["في", "البدء", "كان", "الكلمة", "مَدْرَسَة", " ", " ", "،", "\n", "می\u{200C}خواهم"],
    ["한국", "어", "\u{1112}\u{1161}\u{11AB}", " ", "말", "\n", "은"],
    ["👩‍👩‍👧", "👍🏽", "🇩🇪", "🇫🇷", "\u{200D}", "\u{1F1E6}", "👩", " ", "\n"],
    ["e\u{301}", "é", "e", "\u{301}", "a\u{308}\u{323}", " ", "o", "\n"],
    ["a", "\r\n", "b", "\r", "\n", " ", "\t", "\u{2028}"],
    ["漢字", "かな", "、", "ภาษา", "ไทย", "\n", "a"],
  ]

  init(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let script = Self.scripts[Int.random(in: Self.scripts.indices, using: &random)]
    var parts = Self.parts(of: script, Int.random(in: 0...60, using: &random), &random)
    old = parts.joined()
    for _ in 0..<Int.random(in: 0...6, using: &random) {
      let start = Int.random(in: 0...parts.count, using: &random)
      let end = Int.random(in: start...min(parts.count, start + 8), using: &random)
      let inserted = Self.parts(of: script, Int.random(in: 0...6, using: &random), &random)
      parts.replaceSubrange(start..<end, with: inserted)
    }
    new = parts.joined()
  }

  private static func parts(
    of script: [String],
    _ count: Int,
    _ random: inout SeededRandom
  ) -> [String] {
    (0..<count).map { _ in script[Int.random(in: script.indices, using: &random)] }
  }
}

/// A text as its scalars: `String` compares by canonical equivalence.
func scalars(_ text: String) -> [UInt32] { text.unicodeScalars.map(\.value) }
