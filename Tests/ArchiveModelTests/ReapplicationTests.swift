import ArchiveModel
import CRDT
import Testing

@Suite struct ReapplicationTests {
  @Test func `corrections and revision both show, and where they meet is a seam`() throws {
    let apart = try #require(
      Reapplication(base: "One two.", corrected: "One big two.", revised: "One two. Three.")
    )
    #expect(apart.text == "One big two. Three.")
    let together = try #require(
      Reapplication(base: "One two.", corrected: "One 2.", revised: "One deux.")
    )
    #expect(together.seams.count == 1)
  }

  @Test func `two texts that together are more than one may hold are not merged`() {
    let half = TextWeight.limit / 2
    let corrected = String(repeating: "a", count: half)
    #expect(Reapplication(base: "", corrected: corrected, revised: "") != nil)
    let revised = String(repeating: "c", count: half)
    #expect(Reapplication(base: "", corrected: corrected, revised: revised) == nil)
  }
}
