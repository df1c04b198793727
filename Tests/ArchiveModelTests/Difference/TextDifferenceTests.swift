import ArchiveModel
import CRDT
import RevisionReplay
import SyncSimulation
import Testing

/// Two texts and how the difference between them reads.
struct DifferenceFixture: CustomTestStringConvertible, Sendable {
  var fact: String
  var old: String
  var new: String
  /// `old` with `[-removed-]` and `{+added+}`.
  var reading: String

  var testDescription: String { fact }

  static let all = [
    Self(fact: "nothing", old: "a b", new: "a b", reading: "a b"),
    Self(fact: "all new", old: "", new: "a b", reading: "{+a b+}"),
    Self(fact: "all gone", old: "a b", new: "", reading: "[-a b-]"),
    Self(
      fact: "a word",
      old: "The cat sat.",
      new: "The dog sat.",
      reading: "The [-cat-]{+dog+} sat."
    ),
    Self(fact: "a letter", old: "the colour", new: "the color", reading: "the colo[-u-]r"),
    Self(
      fact: "two letters swapped",
      old: "to recieve",
      new: "to receive",
      reading: "to rec[-ie-]{+ei+}ve"
    ),
    Self(
      fact: "letters that match by chance",
      old: "an intern",
      new: "an island",
      reading: "an [-intern-]{+island+}"
    ),
    Self(
      fact: "replaced words in a row",
      old: "so the cat sat down",
      new: "so a dog sat down",
      reading: "so [-the cat-]{+a dog+} sat down"
    ),
    Self(
      fact: "an inserted word, after the space that both sides have",
      old: "one two",
      new: "one big two",
      reading: "one {+big +}two"
    ),
    Self(
      fact: "an inserted line stands before the next one, whole",
      old: "- a\n- b\n",
      new: "- a\n- new\n- b\n",
      reading: "- a\n{+- new\n+}- b\n"
    ),
    Self(
      fact: "a repeated line is the last one",
      old: "x\nx\ny\n",
      new: "x\nx\nx\ny\n",
      reading: "x\nx\n{+x\n+}y\n"
    ),
    Self(
      fact: "a deleted line is the last one",
      old: "x\nx\nx\ny\n",
      new: "x\nx\ny\n",
      reading: "x\nx\n[-x\n-]y\n"
    ),
    Self(
      fact: "a paragraph with the empty line behind it",
      old: "One.\n\nThree.\n",
      new: "One.\n\nTwo.\n\nThree.\n",
      reading: "One.\n\n{+Two.\n\n+}Three.\n"
    ),
    Self(
      fact: "a paragraph at the end",
      old: "One.",
      new: "One.\n\nTwo.",
      reading: "One.{+\n\nTwo.+}"
    ),
    Self(
      fact: "the other normalization",
      old: "café",
      new: "cafe\u{301}",
      reading: "caf[-é-]{+e\u{301}+}"
    ),
    Self(fact: "CR LF", old: "a\r\nb", new: "a\nb", reading: "a[-\r-]\nb"),
    Self(fact: "a person in a family", old: "👩‍👧", new: "👩‍👦", reading: "👩‍[-👧-]{+👦+}"),
    Self(fact: "Chinese, by the character", old: "我喜欢茶", new: "我喜欢水", reading: "我喜欢[-茶-]{+水+}"),
  ]
}

@Suite struct TextDifferenceTests {
  @Test(arguments: DifferenceFixture.all)
  func `reads as somebody would have made it`(_ fixture: DifferenceFixture) {
    let difference = TextDifference(from: fixture.old, to: fixture.new)
    #expect(scalars(reading(of: difference, fixture.old)) == scalars(fixture.reading))
  }

  @Test(arguments: DifferenceFixture.all)
  func `makes the new text of the old one`(_ fixture: DifferenceFixture) {
    expectLaws(fixture.old, fixture.new)
  }

  @Test(arguments: Seeds.first(500))
  func `makes any text of any other, in every script`(seed: UInt64) {
    for step in 0..<20 {
      let pair = RandomTextPair(seed: seed &* 1000 &+ UInt64(step))
      expectLaws(pair.old, pair.new)
    }
  }

  @Test(arguments: Seeds.first(500))
  func `is an edit of the text`(seed: UInt64) {
    let pair = RandomTextPair(seed: seed)
    let replayed = ReplayedMerge(base: pair.old, left: pair.new, right: pair.old)
    #expect(scalars(replayed.leftFirst.content) == scalars(pair.new))
    #expect(scalars(replayed.rightFirst.content) == scalars(pair.new))
  }

  @Test func `does not search for long what has nothing in common but letters`() {
    var random = SeededRandom(seed: 1)
    let texts = (0..<2).map { _ in
      (0..<1 << 18).map { _ in Bool.random(using: &random) ? "a\n" : "b " }.joined()
    }
    expectLaws(texts[0], texts[1])
  }

  private func expectLaws(_ old: String, _ new: String) {
    let difference = TextDifference(from: old, to: new)
    #expect(difference.applied(to: old).unicodeScalars.elementsEqual(new.unicodeScalars))
    #expect(TextDifference(from: new, to: new).replacements.isEmpty)
    var end = -1
    for replacement in difference.replacements {
      #expect(replacement.range.lowerBound > end)
      #expect(!replacement.range.isEmpty || !replacement.insert.isEmpty)
      end = replacement.range.upperBound
    }
    #expect(end <= old.unicodeScalars.count)
  }

  private func reading(of difference: TextDifference, _ old: String) -> String {
    let scalars = Array(old.unicodeScalars)
    var result = String.UnicodeScalarView()
    var place = 0
    for replacement in difference.replacements {
      result += scalars[place..<replacement.range.lowerBound]
      if !replacement.range.isEmpty {
        result += "[-".unicodeScalars + scalars[replacement.range] + "-]".unicodeScalars
      }
      if !replacement.insert.isEmpty {
        result += "{+".unicodeScalars
        result += replacement.insert.unicodeScalars
        result += "+}".unicodeScalars
      }
      place = replacement.range.upperBound
    }
    return String(result + scalars[place...])
  }
}
