import CRDT
import SyncSimulation
import Testing

/// The laws of the text merge over random histories; a failure names its seed.
@Suite struct TextConvergenceTests {
  /// Edits in random portions, as they come with one sync or another.
  private static func portions(
    _ edits: [TextEdit],
    _ random: inout SeededRandom
  ) -> [ArraySlice<TextEdit>] {
    var rest = edits[...]
    var portions: [ArraySlice<TextEdit>] = []
    while !rest.isEmpty {
      let count = Int.random(in: 1...max(1, min(rest.count, 12)), using: &random)
      portions.append(rest.prefix(count))
      rest = rest.dropFirst(count)
    }
    return portions
  }

  /// The complaint when one order or division into portions does not give what the model says.
  private static func complaint(about history: RandomTextHistory, seed: UInt64) -> String? {
    let model = FugueModel(base: history.base, edits: history.edits)
    let expected = scalars(model.content)
    var random = SeededRandom(seed: seed)
    var heads: [Dot]?
    var spans: [ScalarOrigin: [Dot]]?
    for _ in 0..<3 {
      var text = EditedText(base: history.base)
      let order = history.shuffled(&random)
      for portion in portions(order, &random) { text.apply(Array(portion)) }
      guard scalars(text.content) == expected else {
        return "\(text.content.debugDescription) instead of \(model.content.debugDescription)"
      }
      guard text.history.edits.map(\.dot) == order.map(\.dot) else { return "edits got lost" }
      guard heads ?? text.heads == text.heads else { return "heads differ" }
      heads = text.heads
      let deletions = text.history.deletions
      guard spans ?? deletions == deletions else { return "deletions differ" }
      spans = deletions
      let left = text.history.spans.filter { !$0.isDeleted }.map(\.text).joined()
      guard scalars(left) == expected else { return "spans make another text" }
    }
    return nil
  }

  @Test(arguments: [2, 5, 30])
  func `any causal order, in any portions, gives the text of the model`(replicas: Int) async {
    let complaints = await Seeds.complaints(Seeds.first(500)) { seed in
      let history = RandomTextHistory(
        seed: seed &* 31 &+ UInt64(replicas),
        stepCount: replicas == 30 ? 60 : 30,
        authorCount: replicas
      )
      return Self.complaint(about: history, seed: seed)
    }
    #expect(complaints.isEmpty, "\(complaints.joined(separator: "\n"))")
  }

  @Test func `runs typed at one place do not interleave, however each was typed`() async {
    let complaints = await Seeds.complaints(Seeds.first(500)) { seed in
      var random = SeededRandom(seed: seed)
      let place = Int.random(in: 0...2, using: &random)
      let letters = Array("abcde".unicodeScalars.prefix(Int.random(in: 2...5, using: &random)))
      let runs = letters.enumerated().map { author, letter in
        var edits: [TextEdit] = []
        var count = 0
        for seq in 1...Int.random(in: 1...8, using: &random) {
          // Now and then the author takes back something of the own run.
          let isDeleting = count > 1 && Int.random(in: 0..<5, using: &random) == 0
          let position =
            place + Int.random(in: 0...(isDeleting ? count - 1 : count), using: &random)
          edits.append(
            TextEdit(
              dot: .of(UInt8(author + 1), UInt64(seq)),
              parents: edits.suffix(1).map(\.dot),
              hunks: [isDeleting ? .delete(1, at: position) : .insert("\(letter)", at: position)]
            )
          )
          count += isDeleting ? -1 : 1
        }
        return edits
      }
      var text = EditedText(base: "<>")
      for run in runs.shuffled(using: &random) { text.apply(run) }
      var seen: [Unicode.Scalar] = []
      for scalar in text.content.unicodeScalars where scalar != seen.last { seen.append(scalar) }
      return Set(seen).count == seen.count ? nil : "interleaved: \(text.content)"
    }
    #expect(complaints.isEmpty, "\(complaints.joined(separator: "\n"))")
  }

  @Test func `a passage deleted by one keeps what another put into it`() async {
    let complaints = await Seeds.complaints(Seeds.first(500)) { seed in
      var random = SeededRandom(seed: seed)
      let base = "0123456789"
      let start = Int.random(in: 0...8, using: &random)
      let end = Int.random(in: (start + 1)...9, using: &random)
      let place = Int.random(in: 0...10, using: &random)
      let deletion = TextEdit(
        dot: .of(UInt8(Int.random(in: 1...2, using: &random)), 1),
        parents: [],
        hunks: [.delete(end - start, at: start)]
      )
      let insertion = TextEdit(
        dot: .of(3, 1),
        parents: [],
        hunks: [Hunk(position: place, deleteCount: place < 10 ? 1 : 0, insert: "new")]
      )
      var expected = ""
      for (offset, scalar) in base.unicodeScalars.enumerated() {
        if offset == place { expected += "new" }
        if !(start..<end).contains(offset), offset != place {
          expected.unicodeScalars.append(scalar)
        }
      }
      if place == 10 { expected += "new" }
      for order in [[deletion, insertion], [insertion, deletion]] {
        let text = EditedText(order, base: base).content
        if text != expected { return "\(text) instead of \(expected)" }
      }
      return nil
    }
    #expect(complaints.isEmpty, "\(complaints.joined(separator: "\n"))")
  }

  @Test func `what is known to all is not read again`() async {
    let complaints = await Seeds.complaints(Seeds.first(500)) { seed in
      let history = RandomTextHistory(seed: seed, stepCount: 40)
      var random = SeededRandom(seed: seed)
      var text = EditedText(base: history.base)
      text.apply(history.edits)
      // Everybody has seen an edit that joins all heads.
      let join = TextEdit(dot: .of(99, 1), parents: text.heads, hunks: [])
      text.apply([join])
      let known = UnreadableBefore(text.history.edits, text.history.edits.count - 1)
      var state = text.state
      let length = text.content.unicodeScalars.count
      let edits = (1...3).map { author in
        TextEdit(
          dot: .of(100 + UInt8(author), 1),
          parents: [join.dot],
          hunks: [.insert("\(author)", at: Int.random(in: 0...length, using: &random))]
        )
      }
      let base: () throws(UnreadableBefore.Failure) -> String = { history.base }
      let first = try state.merge([edits[0]], onto: known, base: base)
      let others = try state.merge(
        [edits[1], edits[2]],
        onto: known.adding(edits[0]),
        base: base
      )
      guard first.count == 1, others.count == 2 else { return "nothing taken" }
      text.apply(edits)
      return scalars(state.content) == scalars(text.content) ? nil : "another text"
    }
    #expect(complaints.isEmpty, "\(complaints.joined(separator: "\n"))")
  }

  @Test(arguments: 0..<150 as Range<UInt64>)
  func `every causal order gives the text of the model`(seed: UInt64) {
    let history = RandomTextHistory(seed: seed)
    let expected = FugueModel(base: history.base, edits: history.edits).content
    var random = SeededRandom(seed: seed)
    for _ in 0..<4 {
      let order = history.shuffled(&random)
      let note = EditedText(order, base: history.base)
      #expect(scalars(note.content) == scalars(expected))
      #expect(note.history.edits.count == history.edits.count)
    }
  }

  @Test(arguments: 0..<150 as Range<UInt64>)
  func `heads and origins are the same in every causal order`(seed: UInt64) {
    let history = RandomTextHistory(seed: seed)
    let note = EditedText(history.edits, base: history.base)
    var random = SeededRandom(seed: seed)
    let other = EditedText(history.shuffled(&random), base: history.base)
    #expect(other.heads == note.heads)
    #expect(other.history.identities == note.history.identities)
    #expect(note.history.identities.count == note.content.unicodeScalars.count)
    #expect(Set(note.history.identities).count == note.history.identities.count)
  }

  @Test(arguments: 0..<60 as Range<UInt64>)
  func `what an author saw is the model of the edits that the author had`(seed: UInt64) {
    let history = RandomTextHistory(seed: seed)
    for (content, seen) in zip(history.contentAfter, history.seenAfter) {
      let model = FugueModel(base: history.base, edits: seen.map { history.edits[$0] })
      #expect(scalars(content) == scalars(model.content))
    }
  }

  @Test(arguments: 0..<40 as Range<UInt64>)
  func `an edit that saw everything does what it says`(seed: UInt64) {
    let history = RandomTextHistory(seed: seed)
    let note = EditedText(history.edits, base: history.base)
    let before = scalars(note.content)
    var random = SeededRandom(seed: seed)
    let position = Int.random(in: 0...before.count, using: &random)
    let deleted = Int.random(in: 0...(before.count - position), using: &random)
    let edit = TextEdit(
      dot: .of(9, 1),
      parents: note.heads,
      hunks: [Hunk(position: position, deleteCount: deleted, insert: "new")]
    )
    let after = EditedText(history.edits + [edit], base: history.base)
    let expected =
      before[..<position] + scalars("new") + before[(position + deleted)...]
    #expect(scalars(after.content) == Array(expected))
    #expect(after.heads == [edit.dot])
  }
}

extension TextHistory {
  /// Who deleted each scalar that was ever in the text.
  fileprivate var deletions: [ScalarOrigin: [Dot]] {
    var result: [ScalarOrigin: [Dot]] = [:]
    for span in spans {
      for offset in 0..<span.text.unicodeScalars.count {
        let origin = ScalarOrigin(edit: span.inserted.edit, offset: span.inserted.offset + offset)
        result[origin] = Array(span.deletions)
      }
    }
    return result
  }
}

/// Stored edits of which the oldest must not be read.
private struct UnreadableBefore: StoredTextEdits {
  typealias Failure = any Error

  struct WasRead: Error {}

  private let all: [TextEdit]
  private let first: Int

  init(_ edits: [TextEdit], _ first: Int) {
    all = edits
    self.first = first
  }

  var count: Int { all.count - first }

  var damage: (any Error)? { nil }

  func adding(_ edit: TextEdit) -> Self { Self(all + [edit], first) }

  func contains(_ edit: Dot) -> Bool { all[first...].contains { $0.dot == edit } }

  func edits(_ places: Range<Int>) throws -> [TextEdit] {
    guard places.lowerBound >= 0 else { throw WasRead() }
    return Array(all[(first + places.lowerBound)..<(first + places.upperBound)])
  }
}
