import RevisionReplay
import Testing

@Suite(
  .enabled(
    if: SharedData.isPresent,
    "needs the folder of shared data beside the package (../shared/data)"
  )
)
struct MergeAgreementTests {
  @Test func `what merges cleanly by line is what people kept, in both orders`() throws {
    let merges = try HumanMerge.all().filter { $0.lineMerge == .clean }
    #expect(merges.count == 171)
    for merge in merges {
      let replayed = merge.replayed
      #expect(scalars(replayed.leftFirst.content) == scalars(merge.merged), "\(merge.id)")
      #expect(scalars(replayed.rightFirst.content) == scalars(merge.merged), "\(merge.id)")
    }
  }

  @Test func `both replicas end alike, whatever people kept`() throws {
    for merge in try HumanMerge.all() where merge.lineMerge != .clean {
      let replayed = merge.replayed
      #expect(
        scalars(replayed.leftFirst.content) == scalars(replayed.rightFirst.content),
        "\(merge.id)"
      )
    }
  }

  @Test func `every merge that conflicts by line shows a seam, of the clean ones at most a third`()
    throws
  {
    let merges = try HumanMerge.all()
    for merge in merges where merge.lineMerge == .conflict {
      #expect(!merge.replayed.seams.isEmpty, "\(merge.id)")
    }
    let clean = merges.filter { $0.lineMerge == .clean }
    #expect(clean.count { !$0.replayed.seams.isEmpty } * 3 <= clean.count)
  }
}
