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
}
