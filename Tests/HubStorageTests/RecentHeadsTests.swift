import CRDT
import ChangeLog
import HubStorageSQLite
import SyncSimulation
import Testing

@Suite struct RecentHeadsTests {
  private func admission(
    of pack: PackFixture,
    by writers: WriterFixture,
    into tree: LaneTree = LaneTree()
  ) throws -> Gate.Admission {
    try Gate(archive: writers.genesis.archive).admit(Pack(pack.bytes), to: EmptyLog(tree: tree))
  }

  @Test func `of a lane the newest head is kept, whichever pack is noted last`() throws {
    var writers = try WriterFixture(seed: 1)
    var lane = try writers.lane()
    var copy = lane
    let (longer, shorter) = (try lane.pack(3), try copy.pack(2))
    for packs in [[longer, shorter], [shorter, longer], [longer, longer]] {
      let recent = RecentHeads()
      #expect(recent.heads(of: [lane.id]).isEmpty)
      for pack in packs { recent.note(try admission(of: pack, by: writers)) }
      let known = try #require(recent.heads(of: [lane.id])[lane.id])
      #expect(known.head == longer.head)
      #expect(LaneID(writingKey: known.key) == lane.id)
    }
  }

  @Test func `lanes are forgotten after as many others as the limit, or twice as many`()
    throws
  {
    var writers = try WriterFixture(seed: 1)
    let recent = RecentHeads(laneLimit: 3)
    var noted: [LaneID] = []
    for _ in 0..<20 {
      var lane = try writers.lane()
      recent.note(try admission(of: lane.pack(), by: writers))
      noted.append(lane.id)
      let known = Set(recent.heads(of: noted).keys)
      #expect(known.count <= 6)
      #expect(known.isSuperset(of: noted.suffix(3)))
    }
  }

  @Test func `a lane that is written to again and again stays`() throws {
    var writers = try WriterFixture(seed: 1)
    let recent = RecentHeads(laneLimit: 2)
    let lane = try writers.lane()
    // One pack of all its changes so far, as a log that has none of them takes it.
    for count in 1...9 {
      var copy = lane
      let pack = try copy.pack(count)
      recent.note(try admission(of: pack, by: writers))
      #expect(recent.heads(of: [lane.id])[lane.id]?.head == pack.head)
      var other = try writers.lane()
      recent.note(try admission(of: other.pack(), by: writers))
      #expect(recent.heads(of: [lane.id])[lane.id]?.head == pack.head)
    }
  }

  @Test func `nothing is kept of lanes whose branches the log has to be asked for`() throws {
    var writers = try WriterFixture(seed: 1)
    let recent = RecentHeads()
    var (lane, forked) = (try writers.lane(), try writers.lane())
    let beginning = try forked.pack()
    let branch = forked.branch(beginningWith: beginning)
    let tree = LaneTree([
      LaneBranch(lane: branch, root: forked.id, parent: nil, firstSeq: 1)
    ])
    recent.note(try admission(of: lane.pack(), by: writers, into: tree))
    #expect(recent.heads(of: [lane.id]).isEmpty)
  }
}

/// A log without a change.
private struct EmptyLog: LogIndex {
  let tree: LaneTree

  func head(of lane: LaneID) -> LaneHead? { nil }
  func writingKey(of lane: LaneID) -> PublicKey? { nil }
  func hash(of change: ChangeID) -> Hash? { nil }
  func laneTree() -> LaneTree { tree }
}
