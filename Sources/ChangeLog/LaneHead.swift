/// The newest change of a lane.
package struct LaneHead: Hashable, Sendable {
  package let seq: UInt64
  package let hash: Hash

  package init(seq: UInt64, hash: Hash) {
    self.seq = seq
    self.hash = hash
  }
}
