package import ArchiveModel

/// What became of highlights that were planted on the sentences of first revisions.
///
/// A highlight's place is *wrong* when it is given as exact or moved and is not where the sentence
/// is. Where the sentence still stands word for word, that is any of the places where it does; where it
/// does not, a place that reads as the sentence, changed (``LikenessJudge``).
package struct AnchorSurvey: Sendable {
  /// The highlights by state.
  package private(set) var counts: [PassageState: Int] = [:]
  package private(set) var wrongCount = 0
  /// Given as exact or moved, at the right sentence, but not from its first to its last scalar.
  package private(set) var askewCount = 0
  /// For a person to find out what went wrong.
  package private(set) var notes: [String] = []

  package init() {}

  package var count: Int { counts.values.reduce(0, +) }

  /// The part of the highlights that are uncertain or orphans, 0 to 1.
  package var lostShare: Double {
    Double(counts[.uncertain, default: 0] + counts[.orphan, default: 0]) / Double(max(1, count))
  }

  mutating func add(
    _ place: PassagePlace,
    of sentence: ArraySlice<Unicode.Scalar>,
    standing places: [Range<Int>],
    in text: [Unicode.Scalar],
    note: String
  ) {
    counts[place.state, default: 0] += 1
    guard let range = place.range, place.state == .exact || place.state == .moved else {
      if !places.isEmpty { notes.append("\(place.state.rawValue): \(note)") }
      return
    }
    let isRight =
      places.isEmpty
      ? LikenessJudge.accepts(text[range], as: sentence)
      : places.contains { $0.overlaps(range) }
    let note = note + " -> " + String(String.UnicodeScalarView(text[range]))
    if !isRight {
      wrongCount += 1
      notes.append("wrong (\(place.state.rawValue)): \(note)")
    } else if !places.isEmpty, !places.contains(range) {
      askewCount += 1
      notes.append("askew: \(note)")
    }
  }
}

/// Highlights on one history, carried in both ways.
package struct AnchorSurveys: Sendable {
  package enum Way: String, CaseIterable, Sendable {
    /// By the identity of their scalars through the revisions as edits.
    case edits
    /// From the first revision straight to each later one, as a version from outside.
    case versions
  }

  /// Whether a sentence stands in a revision as it stood in the first.
  package enum Fate: String, CaseIterable, Sendable {
    case standing
    case changed
  }

  private var surveys: [Way: [Fate: AnchorSurvey]] = [:]

  package init() {}

  package subscript(way: Way, fate: Fate) -> AnchorSurvey {
    surveys[way]?[fate] ?? AnchorSurvey()
  }

  /// Plants highlights on a first revision and looks for them in each later one.
  package mutating func survey(_ history: PublishedHistory) {
    let first = Array(history.revisions[0].text.unicodeScalars)
    let sentences = Sentences.unique(in: first)
    let planted = PassageText(history.revisions[0].text)
    let passages = sentences.compactMap { planted.passage($0) }
    let edits = history.edits
    for number in history.revisions.indices.dropFirst() {
      let text = history.revisions[number].text
      let scalars = Array(text.unicodeScalars)
      let edited = PassageText(edits.spans(at: number))
      let carried = CarriedPassages(from: history.revisions[0].text, to: text)
      for (range, passage) in zip(sentences, passages) {
        let sentence = first[range]
        let places = Sentences.places(of: sentence, in: scalars)
        let fate = places.isEmpty ? Fate.changed : .standing
        let found: [(Way, PassagePlace)] = [
          (.edits, edited.place(of: passage)),
          (.versions, carried.place(of: range, quote: passage.quote)),
        ]
        for (way, place) in found {
          surveys[way, default: [:]][fate, default: AnchorSurvey()].add(
            place,
            of: sentence,
            standing: places,
            in: scalars,
            note: "\(way) \(history.id) rev \(number): \(passage.quote.exact)"
          )
        }
      }
    }
  }
}
