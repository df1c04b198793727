internal import CRDT

/// A text that was edited by one person after the other, each having seen what came before.
///
/// Of a text that two edited at the same time it says nothing: what a merge makes of them is for others to
/// judge.
struct PlainText {
  /// `nil` where the text is not plain.
  private var scalars: [Unicode.Scalar]?
  /// The edit that came last.
  private var last: Dot?

  init(_ base: String) { scalars = Array(base.unicodeScalars) }

  /// The text, UTF-8; `nil` where it is not plain.
  var utf8: [UInt8]? {
    scalars.map { scalars in
      var view = String.UnicodeScalarView()
      view.append(contentsOf: scalars)
      return Array(String(view).utf8)
    }
  }

  /// - `hunks`: `nil` where the edit cannot be read.
  /// - `parents`: the edits that it builds on.
  mutating func edit(_ hunks: [Hunk]?, at dot: Dot, after parents: [Dot]) {
    guard let hunks, parents == last.map({ [$0] }) ?? [] else {
      scalars = nil
      return
    }
    last = dot
    for hunk in hunks {
      guard let count = scalars?.count, hunk.position >= 0, hunk.position <= count,
        hunk.deleteCount >= 0, hunk.deleteCount <= count - hunk.position
      else {
        scalars = nil
        return
      }
      let end = hunk.position + hunk.deleteCount
      scalars?.replaceSubrange(hunk.position..<end, with: Array(hunk.insert.unicodeScalars))
    }
  }
}
