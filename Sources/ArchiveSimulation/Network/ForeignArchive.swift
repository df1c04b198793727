internal import ChangeLog
internal import ReplicaStorage
internal import SyncProtocol
internal import SyncSimulation

/// An archive that has nothing to do with the one that is simulated.
enum ForeignArchive {
  static let packs: [[UInt8]] = {
    let random = SharedRandom(seed: 0xF0E1)
    let environment = ReplicaEnvironment(
      identities: SimulatedIdentities { random.bytes(32) },
      memberName: "stranger",
      now: { 0 },
      random: { random.bytes($0) }
    )
    let request = PackRequest(
      after: 0,
      upTo: UInt64(Int64.max),
      selection: .beyond(.empty),
      byteLimit: .max,
      packLimit: .max
    )
    do {
      let replica = try Replica.create(at: nil, named: "foreign", environment: environment)
      var edits = RandomEdits()
      for _ in 0..<3 { try replica.write { try edits.importArticle($0) } }
      return try replica.packs(request).packs.map(\.pack)
    } catch {
      preconditionFailure("an archive in memory fails: \(error)")
    }
  }()
}
