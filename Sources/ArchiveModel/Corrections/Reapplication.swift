internal import CRDT

/// People's corrections of one version of a text, made again on what the source published later.
///
/// A three-way merge: what people changed and what the source changed are taken as two edits of the
/// old version that have not seen each other. What both changed alike counts once.
///
///     corrected = "One big two."   of   "One two."
///     revised   = "One two. Three."
///     text      = "One big two. Three."
package struct Reapplication: Sendable {
  /// The revised text with the corrections.
  package let text: String
  /// Where corrections and revision touched the same passage: somebody should read it.
  package let seams: [Seam]

  /// - Returns: `nil` when both together are more than a text may hold.
  package init?(base: String, corrected: String, revised: String) {
    let revision = TextDifference(from: base, to: revised).replacements
    let correction = TextDifference(from: base, to: corrected).replacements.filter { own in
      !revision.contains { $0.range == own.range && $0.insert.utf8.elementsEqual(own.insert.utf8) }
    }
    var merged = EditedText(base: base)
    merged.apply(
      [revision, correction].enumerated().map { number, replacements in
        TextEdit(dot: Self.dot(number), parents: [], hunks: replacements.hunks)
      }
    )
    guard !merged.state.isOverfull else { return nil }
    text = merged.content
    seams = SeamFinder.seams(of: merged.history)
  }

  /// A made-up name: these edits are nowhere but here.
  private static func dot(_ number: Int) -> Dot {
    guard let lane = LaneID(Array(repeating: UInt8(number), count: LaneID.byteCount)) else {
      preconditionFailure("16 bytes are a lane id")
    }
    return Dot(lane: lane, seq: 1, index: 0)
  }
}
