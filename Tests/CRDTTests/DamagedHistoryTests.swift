import CRDT
import SyncSimulation
import Testing

/// Histories as a damaged file may have them: edits that fit neither their text nor each other.
@Suite struct DamagedHistoryTests {
  @Test func `a damaged history is replayed and merged to some end, and its store may refuse it`() {
    var refusals = 0
    for seed in UInt64(0)..<600 {
      var random = SeededRandom(seed: seed)
      let history = RandomTextHistory(seed: seed)
      let stored = history.edits.dropLast(history.edits.count / 3)
      var text = EditedText(base: history.base)
      text.apply(Array(stored))
      let damaged = Self.damaged(text.history.edits, &random)
      let base = String(history.base.unicodeScalars.prefix(Int.random(in: 0...6, using: &random)))

      let replayed = TextHistory(base: base, edits: damaged)
      let identities = replayed.identities
      let spans = replayed.spans
      #expect(
        spans.filter { !$0.isDeleted }.reduce(0) { $0 + $1.text.unicodeScalars.count }
          == identities.count
      )
      let versions = TextVersions(of: replayed)
      _ = versions.concurrent(among: Set(damaged.map(\.dot)))
      for edit in damaged { #expect(versions.version(of: edit.dot).contains(edit.dot)) }

      var state = TextState(
        id: TextID(field: 0),
        heads: text.heads,
        content: Bool.random(using: &random) ? text.content : base,
        isBranched: Bool.random(using: &random),
        weight: 1
      )
      let arriving = Array(history.edits.suffix(history.edits.count / 3))
      var guarded = state
      let taken = state.merge(arriving, onto: damaged) { base }
      #expect(taken.count <= arriving.count)
      do {
        _ = try guarded.merge(arriving, onto: GuardedEdits(edits: damaged)) {
          () throws(GuardedEdits.Damaged) in base
        }
        #expect(guarded.content == state.content)
      } catch {
        refusals += 1
      }
    }
    #expect(refusals > 100)
  }

  private static func damaged(_ edits: [TextEdit], _ random: inout SeededRandom) -> [TextEdit] {
    var edits = edits
    guard !edits.isEmpty else { return [] }
    for _ in 0...Int.random(in: 0...2, using: &random) {
      let place = edits.indices.randomElement(using: &random) ?? 0
      let edit = edits[place]
      let other = edits.randomElement(using: &random) ?? edit
      edits[place] =
        switch Int.random(in: 0..<5, using: &random) {
        case 0: TextEdit(dot: edit.dot, parents: [other.dot], hunks: edit.hunks)
        case 1: TextEdit(dot: other.dot, parents: edit.parents, hunks: edit.hunks)
        case 2: TextEdit(dot: edit.dot, parents: [], hunks: edit.hunks)
        case 3: TextEdit(dot: edit.dot, parents: edit.parents, hunks: other.hunks)
        default: TextEdit(dot: edit.dot, parents: edit.parents, hunks: [hunk(&random)])
        }
    }
    return edits
  }

  /// One that lies, or reaches, anywhere.
  private static func hunk(_ random: inout SeededRandom) -> Hunk {
    let number = [0, 1, 7, 1 << 20, 1 << 47, 1 << 48, 1 << 49, .max]
    return Hunk(
      position: number.randomElement(using: &random) ?? 0,
      deleteCount: number.randomElement(using: &random) ?? 0,
      insert: Bool.random(using: &random) ? "x" : ""
    )
  }
}

/// Stored edits whose store says that they are damaged.
private struct GuardedEdits: StoredTextEdits {
  struct Damaged: Error {}

  let edits: [TextEdit]

  var count: Int { edits.count }
  var damage: Damaged? { Damaged() }

  func edits(_ places: Range<Int>) throws(Damaged) -> [TextEdit] { Array(edits[places]) }

  func contains(_ edit: Dot) throws(Damaged) -> Bool { edits.contains { $0.dot == edit } }
}
