import CRDT
import SyncSimulation
import Testing

@Suite struct TextVersionsTests {
  @Test(arguments: [0, 1 << 20])
  func `who had seen whom is what the authors had, looked up or searched for`(limit: Int) {
    for seed in UInt64(0)..<200 {
      let history = RandomTextHistory(seed: seed)
      let edits = history.edits
      let versions = TextVersions(
        of: TextHistory(base: history.base, edits: edits),
        tableEntryLimit: limit
      )
      let seen = history.seenAfter.map(Set.init)
      func areConcurrent(_ left: Int, _ right: Int) -> Bool {
        !seen[left].contains(right) && !seen[right].contains(left)
      }
      for place in edits.indices {
        #expect(versions.version(of: edits[place].dot) == Set(seen[place].map { edits[$0].dot }))
        for other in edits.indices {
          #expect(
            versions.haveMet([edits[place].dot], [edits[other].dot]) == areConcurrent(place, other)
          )
        }
      }
      var random = SeededRandom(seed: seed)
      for _ in 0..<4 {
        let some = edits.indices.filter { _ in Bool.random(using: &random) }
        let concurrent = some.filter { place in some.contains { areConcurrent(place, $0) } }
        #expect(
          versions.concurrent(among: Set(some.map { edits[$0].dot }))
            == Set(concurrent.map { edits[$0].dot })
        )
        let others = edits.indices.filter { _ in Int.random(in: 0..<4, using: &random) == 0 }
        #expect(
          versions.haveMet(Set(some.map { edits[$0].dot }), Set(others.map { edits[$0].dot }))
            == some.contains { place in others.contains { areConcurrent(place, $0) } }
        )
        let newest = some.filter { place in
          !some.contains { $0 != place && seen[$0].contains(place) }
        }
        #expect(versions.newest(of: some.map { edits[$0].dot }) == newest.map { edits[$0].dot })
      }
    }
  }

  /// A table of them would have 6.4 GB.
  @Test func `forty thousand edits that have not seen each other need no table`() {
    let edits = (1...40_000).map { TextEdit(dot: .of(1, UInt64($0)), parents: [], hunks: []) }
    let versions = TextVersions(of: TextHistory(base: "", edits: edits))
    let dots = edits.map(\.dot)
    #expect(versions.concurrent(among: Set(dots)).count == dots.count)
    #expect(versions.newest(of: dots) == dots)
    #expect(versions.version(of: dots[7]) == [dots[7]])
    #expect(versions.haveMet([dots[0]], [dots[39_999]]))
    #expect(!versions.haveMet([dots[0]], []))
  }

  /// To ask pair by pair, each time through all edits, would take a minute and more.
  @Test func `that all have seen all is soon found without a table`() {
    func edits(_ seqs: ClosedRange<UInt64>, after parents: [Dot]) -> [TextEdit] {
      seqs.map { TextEdit(dot: .of(1, $0), parents: parents, hunks: []) }
    }
    let first = edits(1...4000, after: [])
    let between = edits(4001...4001, after: first.map(\.dot))
    let second = edits(4002...8001, after: between.map(\.dot))
    let versions = TextVersions(
      of: TextHistory(base: "", edits: first + between + second),
      tableEntryLimit: 0
    )
    #expect(!versions.haveMet(Set(first.map(\.dot)), Set(second.map(\.dot))))
  }
}
