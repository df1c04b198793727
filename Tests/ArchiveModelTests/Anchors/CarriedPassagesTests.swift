import ArchiveModel
import Testing

/// A passage of one version of a text, and where it stands in another one.
struct CarryFixture: CustomTestStringConvertible, Sendable {
  var fact: String
  /// With the passage in brackets.
  var old: String
  var state: PassageState
  /// With the passage in brackets.
  var new: String

  var testDescription: String { fact }

  static let all = [
    Self(
      fact: "the same text is another text",
      old: "The [cat sat on the mat].",
      state: .moved,
      new: "The [cat sat on the mat]."
    ),
    Self(
      fact: "what stands before it changed",
      old: "Rain. [The cat sat on the mat today.] Wind.",
      state: .moved,
      new: "Nothing but sun, sun and sun. [The cat sat on the mat today.] Wind."
    ),
    Self(
      fact: "moved to another place",
      old: "[The cat sat on the mat today.]\n\nWind and rain from the west.\n\nMore of it.",
      state: .moved,
      new: "Wind and rain from the west.\n\nMore of it.\n\n[The cat sat on the mat today.]"
    ),
    Self(
      fact: "a word of it changed",
      old: "Rain. [The cat sat on the mat today.] Wind.",
      state: .uncertain,
      new: "Rain. [The cat lay on the mat today.] Wind."
    ),
    Self(
      fact: "gone",
      old: "Rain. [The cat sat on the mat today.] Wind.",
      state: .orphan,
      new: "Unlike anything. 漢字漢字漢字漢字"
    ),
    Self(
      fact: "gone, and one that reads so had always stood elsewhere",
      old:
        "Here: the cat sat on the mat today. There, by the door: [the cat sat on the mat today.] End.",
      state: .uncertain,
      new: "Here: [the cat sat on the mat today.] There, by the door: nothing. End."
    ),
    Self(
      fact: "one of two that read alike, told by order",
      old: "One says yes. Then two says [yes]. Three does not.",
      state: .moved,
      new: "One says yes. Then two says [yes]. Three does so too."
    ),
    Self(
      fact: "a short one that stands there by chance",
      old: "The [cat] sat.",
      state: .uncertain,
      new: "Some other [cat]"
    ),
  ]
}

@Suite struct CarriedPassagesTests {
  @Test(arguments: CarryFixture.all)
  func `carries a passage over to another version`(_ fixture: CarryFixture) throws {
    let (old, new) = (BracketedText(fixture.old), BracketedText(fixture.new))
    let range = try #require(old.range)
    let carried = CarriedPassages(from: old.text, to: new.text)
    let place = carried.place(of: range, quote: Quote(range, of: old.text.unicodeScalars))
    #expect(place.state == fixture.state)
    #expect(BracketedText(new.text, place.range).bracketed == scalars(fixture.new))
    let best = carried.candidates(
      for: range,
      quote: Quote(range, of: old.text.unicodeScalars)
    ).first
    if fixture.state == .uncertain { #expect(best?.range == new.range) }
    if fixture.state == .orphan { #expect(best == nil) }
  }

  @Test func `finds by its quote what is not in the old version`() {
    let carried = CarriedPassages(from: "Rain.", to: "Rain. The cat sat on the mat today. Wind.")
    let quote = Quote(exact: "The cat sat on the mat today.", prefix: "Rain. ", suffix: " Wind.")
    #expect(carried.place(of: nil, quote: quote) == PassagePlace(.moved, 6..<35))
  }

  @Test func `looks for the longest quote in the largest text`() {
    let quote = String(repeating: "ab", count: 32 << 10)
    let text = String(repeating: "abababac", count: 128 << 10)
    let carried = CarriedPassages(from: quote, to: text)
    let count = quote.unicodeScalars.count
    let long = Quote(0..<count, of: quote.unicodeScalars)
    #expect(carried.place(of: 0..<count, quote: long).state != .exact)
    let short = Quote(exact: String(repeating: "abd", count: 600), prefix: "", suffix: "")
    #expect(carried.place(of: nil, quote: short).state != .exact)
  }
}
