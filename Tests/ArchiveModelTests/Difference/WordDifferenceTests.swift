import ArchiveModel
import SyncSimulation
import Testing

@Suite struct WordDifferenceTests {
  private let old = "One cat.\n\nTwo dogs sat.\n\nThree colours.\n\nFour."
  private let new = "One cat.\n\nTwo dogs lay.\n\nThree colors.\n\nFour.\n\nFive."

  @Test func `shows changed blocks by whole words`() {
    let difference = WordDifference(from: old, to: new)
    #expect(
      difference.text
        == "Two dogs [-sat-]{+lay+}.\n\nThree [-colours-]{+colors+}.\n\nFour.\n\n{+Five.+}"
    )
    #expect(difference.changedPassages.map(\.firstBlock) == [2, 3, 4])
  }

  @Test func `shows nothing of equal texts`() {
    let difference = WordDifference(from: old, to: old)
    #expect(difference.text.isEmpty)
    #expect(difference.pieces == [WordDifference.Piece(.kept, old)])
  }

  @Test func `marks removed lines one by one`() {
    let difference = WordDifference(from: "a\nb b\nc c\nd", to: "a\nd")
    #expect(difference.text == "a\n[-b b-]\n[-c c-]\nd")
  }

  @Test(arguments: Seeds.first(500))
  func `has both texts in its pieces`(seed: UInt64) {
    let pair = RandomTextPair(seed: seed)
    let pieces = WordDifference(from: pair.old, to: pair.new).pieces
    let old = pieces.filter { $0.fate != .added }.flatMap { scalars($0.text) }
    let new = pieces.filter { $0.fate != .removed }.flatMap { scalars($0.text) }
    #expect(old == scalars(pair.old))
    #expect(new == scalars(pair.new))
    #expect(pieces.allSatisfy { !$0.text.isEmpty })
  }
}
