internal import ChangeLog
internal import Foundation
internal import ReplicaStorage
internal import SyncProtocol

extension World {
  /// Rounds of everybody with every hub after which all must be the same: one brings everything to the
  /// hubs, one brings it back; the others are for cursors and names that lies and crashes left wrong.
  private static let roundLimit = 4

  /// Lets the faults stop, everybody sync, and judges what came of it.
  ///
  /// - Throws: ``Violation``.
  func settle() throws {
    stopFaults()
    for machine in machines {
      machine.disk.heal()
      if machine.disk.isOff { crash(machine) }
    }
    try run()
    if plan.faults.contains(.lyingPeer) { try welcomeNewcomer() }
    for machine in machines where machine.isDamaged { try replace(machine) }
    try judgeCursors()
    let owed = machines.reduce(into: Set<Hash>()) { $0.formUnion($1.ledger.walk.hashes) }
    try syncUntilEqual()
    for machine in machines {
      try audit(machine)
      let missing = owed.subtracting(machine.ledger.walk.hashes)
      guard missing.isEmpty else {
        throw Violation("\(machine.name) never got \(missing.count) changes")
      }
    }
    try judgeStates()
  }

  /// A new machine makes its first copy from a hub that holds something back: what builds on that must
  /// wait for it.
  private func welcomeNewcomer() throws {
    let newcomer = try add(.replica)
    try newcomer.create(isFounder: false)
    var fate = ConnectionFate()
    fate.liar = hubs[Int(plan.seed % UInt64(hubs.count))]
    fate.lie = .withholding
    guard let hub = fate.liar, !hub.isDamaged else { return }
    try connect(newcomer, to: hub, fate)
    try run()
  }

  private func syncUntilEqual() throws {
    var sessions: [Connection] = []
    for _ in 0..<Self.roundLimit {
      sessions = []
      for hub in hubs {
        for replica in replicas {
          try connect(replica, to: hub)
          guard let session = connections.last else { continue }
          sessions.append(session)
          try run()
        }
      }
      let frontiers = machines.map(\.ledger.walk.frontier)
      if Set(frontiers).count == 1 { return }
    }
    let failures = sessions.compactMap { $0.dialler.failure ?? $0.answerer.failure }.map(\.message)
    throw Violation(
      "\(Self.roundLimit) rounds without any fault do not make everybody the same"
        + (failures.first.map { ": \($0)" } ?? "")
    )
  }

  /// A machine whose file was damaged gets a new one, which is copied from the others.
  private func replace(_ machine: Machine) throws {
    let lost = machine.ledger.walk.hashes
    stop(machine)
    machine.disk.restart()
    for suffix in ["", "-wal", "-shm"] {
      try? FileManager.default.removeItem(atPath: machine.path + suffix)
    }
    (machine.isDamaged, machine.isMisled) = (false, false)
    machine.ledger = Ledger(machine: machine.name)
    excuse(lost)
    // A founder whose file is gone clones as everybody does.
    try machine.create(isFounder: false)
  }

  private func judgeStates() throws {
    let live = LiveValues(of: replicas[0].ledger.walk.placedChanges)
    for machine in replicas {
      _ = try touch(machine) { store in
        guard let replica = store.replica else { return }
        try live.compare(with: replica, named: machine.name)
      }
      try judgeForks(of: machine)
      try judgeValues(in: machine)
    }
    let chosen = replicas[Int(plan.seed % UInt64(replicas.count))]
    try judgePast(of: chosen)
    try compareRebuilt(chosen)
  }

  /// The state must be what the log makes of it.
  func compareRebuilt(_ machine: Machine) throws {
    guard !machine.isDamaged else { return }
    let dumps = try touch(machine) { store -> [[String]] in
      guard let replica = store.replica else { return [] }
      let before = try DerivedState.dump(replica)
      try replica.rebuild()
      return [before, try DerivedState.dump(replica)]
    }
    guard let dumps, dumps.count == 2 else { return }
    guard dumps[0] == dumps[1] else {
      throw Violation("\(machine.name) makes another state of its log when it makes it anew")
    }
  }
}
