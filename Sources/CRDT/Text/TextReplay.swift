/// A walk over the whole history of a text, to see what became of every scalar that was ever in it.
struct TextReplay {
  private let history: TextHistory
  private var walk: TextWalk
  private let places: [Dot: Int]
  /// The inserted scalars of each edit.
  private let insertions: [[Unicode.Scalar]]
  private let base: [Unicode.Scalar]

  init(of history: TextHistory) {
    self.history = history
    base = Array(history.base.unicodeScalars)
    insertions = history.edits.map { $0.hunks.flatMap(\.insert.unicodeScalars) }
    places = Dictionary(
      history.edits.enumerated().map { ($1.dot, $0) },
      uniquingKeysWith: { first, _ in first }
    )
    let parents = history.parentPlaces(places)
    let graph = EditGraph(parents: parents)
    walk = TextWalk(graph: graph, dots: history.edits.map(\.dot))
    walk.begin(at: 0, baseCount: base.count)
    // What was read from a damaged file need not fit.
    for place in graph.order(of: history.edits.indices) {
      let edit = history.edits[place]
      guard edit.fits(count: walk.count(before: place)) else { continue }
      walk.visit(place, edit.hunks) { _ in }
    }
  }

  mutating func spans() -> [TextSpan] {
    let identities = identities()
    let deletions = deletions()
    var runs: [Run] = []
    for item in walk.itemsInOrder {
      let edit = walk.items[item].edit
      let start = edit == TextWalk.none ? 0 : walk.inserted[edit].lowerBound
      let scalars = walk.items[item].scalars
      let range = (scalars.lowerBound - start)..<(scalars.upperBound - start)
      for piece in identities.pieces(of: edit, range) {
        let run = Run(
          inserted: ScalarOrigin(edit: dot(of: edit), offset: piece.range.lowerBound),
          identity: ScalarOrigin(edit: dot(of: piece.edit), offset: piece.offset),
          scalars: self.scalars(of: edit)[piece.range],
          deletions: deletions[item]
        )
        if runs.isEmpty || !runs[runs.count - 1].join(run) { runs.append(run) }
      }
    }
    return runs.map(\.span)
  }

  private func dot(of edit: Int) -> Dot? {
    edit == TextWalk.none ? nil : history.edits[edit].dot
  }

  private func scalars(of edit: Int) -> [Unicode.Scalar] {
    edit == TextWalk.none ? base : insertions[edit]
  }

  /// By item: the edits that deleted it.
  private func deletions() -> [SharedDots] {
    var sweep = DeletionSweep(walk, history.edits.map(\.dot))
    return sweep.deletions()
  }

  // MARK: - Restorations

  /// Whose identity the inserted scalars of each edit have.
  ///
  /// A restoration counts where its author had seen the edit that it names, and where it brings back
  /// the very scalars; elsewhere it says nothing.
  private mutating func identities() -> Identities {
    var identities = Identities()
    for (place, edit) in history.edits.enumerated() {
      let named = edit.hunks.flatMap(\.restores).compactMap(\.origin.edit)
      let unseen = walk.unseen(by: place, among: Set(named.compactMap { places[$0] }))
      var start = 0
      for hunk in edit.hunks {
        for restoration in hunk.restores {
          let range =
            (start + restoration.range.lowerBound)..<(start + restoration.range.upperBound)
          restore(range, of: place, as: restoration.origin, unseen: unseen, &identities)
        }
        start += hunk.insert.scalarCount
      }
    }
    return identities
  }

  /// - `unseen`: edits that are named and that the author had not seen.
  private mutating func restore(
    _ range: Range<Int>,
    of place: Int,
    as origin: ScalarOrigin,
    unseen: Set<Int>,
    _ identities: inout Identities
  ) {
    var source = TextWalk.none
    if let edit = origin.edit {
      guard let known = places[edit], !unseen.contains(known) else { return }
      source = known
    }
    let before = scalars(of: source)
    guard origin.offset <= before.count, range.count <= before.count - origin.offset else { return }
    let restored = origin.offset..<(origin.offset + range.count)
    guard before[restored].elementsEqual(insertions[place][range]) else { return }
    var start = range.lowerBound
    for piece in identities.pieces(of: source, restored) {
      identities.add(
        Identities.Piece(
          range: start..<(start + piece.range.count),
          edit: piece.edit,
          offset: piece.offset
        ),
        of: place
      )
      start += piece.range.count
    }
  }
}

/// What becomes a span.
private struct Run {
  let inserted: ScalarOrigin
  let identity: ScalarOrigin
  var scalars: ArraySlice<Unicode.Scalar>
  let deletions: SharedDots

  /// Takes in the next run, where its scalars go on where this one's end and fared alike.
  ///
  /// - Returns: whether it did.
  mutating func join(_ next: Run) -> Bool {
    guard next.inserted.edit == inserted.edit,
      next.inserted.offset == inserted.offset + scalars.count,
      next.identity.edit == identity.edit,
      next.identity.offset == identity.offset + scalars.count,
      next.deletions == deletions
    else { return false }
    scalars += next.scalars
    return true
  }

  var span: TextSpan {
    TextSpan(
      inserted: inserted,
      identity: identity,
      text: String(scalars: scalars),
      deletions: deletions
    )
  }
}

/// Whose identity inserted scalars have, where it is not their own.
private struct Identities {
  /// Scalars of an edit's insertions that are scalars of another edit (none: of the base).
  struct Piece {
    let range: Range<Int>
    let edit: Int
    let offset: Int
  }

  /// Ascending, not overlapping.
  private var restored: [Int: [Piece]] = [:]

  mutating func add(_ piece: Piece, of edit: Int) {
    guard !piece.range.isEmpty else { return }
    restored[edit, default: []].append(piece)
  }

  /// Whose some scalars of an edit are, as pieces that cover them all.
  func pieces(of edit: Int, _ range: Range<Int>) -> [Piece] {
    var pieces: [Piece] = []
    var start = range.lowerBound
    func own(to end: Int) {
      if start < end { pieces.append(Piece(range: start..<end, edit: edit, offset: start)) }
    }
    let known = restored[edit] ?? []
    let first = known.partitioningIndex { $0.range.upperBound > range.lowerBound }
    for piece in known[first...].prefix(while: { $0.range.overlaps(range) }) {
      let part = piece.range.clamped(to: range)
      own(to: part.lowerBound)
      pieces.append(
        Piece(
          range: part,
          edit: piece.edit,
          offset: piece.offset + part.lowerBound - piece.range.lowerBound
        )
      )
      start = part.upperBound
    }
    own(to: range.upperBound)
    return pieces
  }
}

extension String {
  fileprivate init(scalars: some Sequence<Unicode.Scalar>) {
    var view = UnicodeScalarView()
    view.append(contentsOf: scalars)
    self.init(view)
  }
}
