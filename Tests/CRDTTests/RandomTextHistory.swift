import CRDT
import SyncSimulation

/// Authors who edit one text, now and then take in what another one has, and so see each other's
/// edits late or not at all.
struct RandomTextHistory {
  private(set) var base = ""
  /// In the order in which they were made.
  private(set) var edits: [TextEdit] = []
  /// What the author of each edit saw right after making it.
  private(set) var contentAfter: [String] = []
  /// The places in `edits` that the author of each edit had then, that edit included.
  private(set) var seenAfter: [[Int]] = []

  private struct Author {
    var seq: UInt64 = 0
    var seen: [Int] = []
    var text: EditedText
  }

  private static let alphabet: [Unicode.Scalar] = [
    "a", "b", "c", "\n", "é", "\u{301}", "漢", "한", "م", "\u{200D}", "\u{1F469}", "\r",
  ]

  /// - `authorCount`: 2 to 5 for `nil`.
  init(seed: UInt64, stepCount: Int = 24, authorCount: Int? = nil) {
    var random = SeededRandom(seed: seed)
    base = Self.text(Int.random(in: 0...6, using: &random), &random)
    var authors = Array(
      repeating: Author(text: EditedText(base: base)),
      count: authorCount ?? Int.random(in: 2...5, using: &random)
    )
    for _ in 0..<stepCount {
      let number = Int.random(in: authors.indices, using: &random)
      if Int.random(in: 0..<3, using: &random) == 0 {
        let other = Int.random(in: authors.indices, using: &random)
        for place in authors[other].seen where !authors[number].seen.contains(place) {
          authors[number].seen.append(place)
          authors[number].text.apply([edits[place]])
        }
      } else {
        write(&authors[number], number: UInt8(number + 1), &random)
      }
    }
  }

  private mutating func write(
    _ author: inout Author,
    number: UInt8,
    _ random: inout SeededRandom
  ) {
    let text = author.text
    author.seq += 1
    let edit = TextEdit(
      dot: .of(number, author.seq),
      parents: text.heads,
      hunks: Self.hunks(in: text.content.unicodeScalars.count, &random)
    )
    author.seen.append(edits.count)
    author.text.apply([edit])
    edits.append(edit)
    contentAfter.append(author.text.content)
    seenAfter.append(author.seen)
  }

  /// One to three hunks, sometimes where the one before has just been, as somebody who types does.
  private static func hunks(in count: Int, _ random: inout SeededRandom) -> [Hunk] {
    var count = count
    var hunks: [Hunk] = []
    var end = 0
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let goesOn = !hunks.isEmpty && Bool.random(using: &random)
      let position = goesOn ? end : Int.random(in: 0...count, using: &random)
      let deleted = Int.random(in: 0...min(3, count - position), using: &random)
      let inserted = text(Int.random(in: 0...3, using: &random), &random)
      hunks.append(Hunk(position: position, deleteCount: deleted, insert: inserted))
      end = position + inserted.unicodeScalars.count
      count += inserted.unicodeScalars.count - deleted
    }
    return hunks
  }

  private static func text(_ count: Int, _ random: inout SeededRandom) -> String {
    var view = String.UnicodeScalarView()
    for _ in 0..<count { view.append(alphabet[Int.random(in: alphabet.indices, using: &random)]) }
    return String(view)
  }

  /// The edits in some causal order.
  func shuffled(_ random: inout SeededRandom) -> [TextEdit] {
    var waiting = edits
    var placed: Set<Dot> = []
    var order: [TextEdit] = []
    while !waiting.isEmpty {
      let ready = waiting.indices.filter { placed.isSuperset(of: waiting[$0].parents) }
      let edit = waiting.remove(at: ready[Int.random(in: ready.indices, using: &random)])
      placed.insert(edit.dot)
      order.append(edit)
    }
    return order
  }
}
