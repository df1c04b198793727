import ArchiveModel
import SyncSimulation
import Testing

@Suite struct SearchTextTests {
  @Test(arguments: [
    ("", ""),
    ("Plain words, naïve façade.", "Plain words, naïve façade."),
    ("Straße", "Strasse"),
    ("ي ى ك ة آ أ إ", "ی ی ک ه ا ا ا"),
    ("مُحَمَّد ـ", "محمد "),
    ("٣ ۷", "3 7"),
    ("新聞です。", " 新聞 聞で です  。"),
    ("一", " 一 "),
    ("한국 news", " 한국   news"),
    ("𠀀𠀁", " 𠀀𠀁  "),
    ("😀 emoji — and € stay", "😀 emoji — and € stay"),
  ])
  func `variants are folded and unspaced scripts become pairs`(text: String, folded: String) {
    #expect(SearchText.folded(text) == folded)
  }

  @Test func `byte by byte and scalar by scalar come to the same`() throws {
    var random = SeededRandom(seed: 9)
    let ranges: [ClosedRange<UInt32>] = [
      0...0x7F, 0x80...0x24F, 0x600...0x6FF, 0x2000...0x20CF, 0x2FF0...0x3100, 0x4DF0...0x4E10,
      0x9FF0...0xA000, 0xABF0...0xAC10, 0xD790...0xD7FF, 0xE000...0xE010, 0xF8F0...0xFB10,
      0x1F5F0...0x1F610, 0x1FFF0...0x20010, 0x3FFF0...0x40010, 0x10FFF0...0x10FFFF,
    ]
    for _ in 0..<2000 {
      var scalars = String.UnicodeScalarView()
      for _ in 0..<Int.random(in: 0...20, using: &random) {
        let range = ranges[Int.random(in: 0..<ranges.count, using: &random)]
        for _ in 0..<Int.random(in: 1...4, using: &random) {
          if let scalar = Unicode.Scalar(UInt32.random(in: range, using: &random)) {
            scalars.append(scalar)
          }
        }
      }
      let text = String(scalars)
      #expect(
        Array(SearchText.folded(text).unicodeScalars) == Self.folded(text),
        "\(Array(text.unicodeScalars))"
      )
    }
  }

  /// What ``SearchText/folded(_:)`` is, one scalar after the other.
  private static func folded(_ text: String) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    var run: [Unicode.Scalar] = []
    func endRun() {
      guard !run.isEmpty else { return }
      result.append(" ")
      if run.count == 1 { result.append(run[0]) }
      for place in run.indices.dropLast() { result += [run[place], run[place + 1], " "] }
      result.append(" ")
      run = []
    }
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x3041...0x30FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
        0x20000...0x3FFFF:
        run.append(scalar)
        continue
      default: endRun()
      }
      switch scalar.value {
      case 0x064A, 0x0649: result.append("\u{6CC}")
      case 0x0643: result.append("\u{6A9}")
      case 0x0629: result.append("\u{647}")
      case 0x0622, 0x0623, 0x0625: result.append("\u{627}")
      case 0x0640, 0x064B...0x065F, 0x0670: break
      case 0x0660...0x0669, 0x06F0...0x06F9:
        result.append(Unicode.Scalar(UInt8(0x30 + (scalar.value & 0xF))))
      case 0x00DF: result += ["s", "s"]
      default: result.append(scalar)
      }
    }
    endRun()
    return result
  }
}
