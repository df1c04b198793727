internal import ChangeLog
internal import SyncSimulation

/// Members who lie with their own keys.
///
/// What the format allows must be taken by everybody, however odd it is, and then be kept as all else; what
/// it forbids must be refused by everybody, and for the same reason, whatever each of them knows.
extension World {
  /// Two first changes of one key come, each to somebody.
  func forkAtTheBeginning(_ liar: Machine, _ random: inout SeededRandom) throws {
    guard var forger = try forger(liar, &random) else { return }
    note("\(liar.name) begins a lane twice")
    var takenCount = 0
    for way in try forger.forkAtTheBeginning().ways {
      guard let machine = listeners.randomElement(using: &random) else { return }
      if try offer([way], by: &forger, to: machine) { takenCount += 1 }
    }
    if takenCount == 2 { count(.forkAtTheBeginning) }
  }

  /// Somebody gets a pack of changes that each leave the key's lane after another one.
  func branchManyTimes(_ liar: Machine, _ random: inout SeededRandom) throws {
    guard var forger = try forger(liar, &random) else { return }
    note("\(liar.name) branches a lane many times")
    let (trunk, branches) = try forger.manyBranches()
    guard let machine = listeners.randomElement(using: &random) else { return }
    let together = Bool.random(using: &random)
    for packs in together ? [[trunk, branches]] : [[trunk], [branches]] {
      guard try offer(packs, by: &forger, to: machine) else { return }
    }
    count(.manyBranches)
  }

  /// Everybody gets packs that call a branch by its id, which nobody who writes knows.
  func nameBranch(_ liar: Machine, _ random: inout SeededRandom) throws {
    guard var forger = try forger(liar, &random) else { return }
    note("\(liar.name) names a branch")
    let fork = try Bool.random(using: &random) ? forger.forkAtTheBeginning() : forger.forkLater()
    let (beginning, lie) = try forger.dependencyNamingBranch(of: fork)
    for machine in listeners where Bool.random(using: &random) {
      _ = try offer(fork.trunk + fork.ways + [beginning], by: &forger, to: machine)
    }
    for lie in [try forger.runNamingBranch(of: fork), lie] {
      try expectRefusal(of: lie, by: &forger, counting: .namedBranch) { failure in
        if case .gap = failure { true } else { false }
      }
    }
  }

  /// Everybody gets a pack that holds two ways of one fork.
  func joinBothWays(_ liar: Machine, _ random: inout SeededRandom) throws {
    guard var forger = try forger(liar, &random) else { return }
    note("\(liar.name) puts two ways of a fork into one pack")
    let fork = try Bool.random(using: &random) ? forger.forkAtTheBeginning() : forger.forkLater()
    // Whether the pack is taken must not depend on which of the ways somebody has.
    for machine in listeners {
      let known = Int.random(in: 0...fork.ways.count, using: &random)
      let packs = fork.trunk + fork.ways.prefix(known)
      if known > 0 { _ = try offer(packs, by: &forger, to: machine) }
    }
    try expectRefusal(of: try forger.bothWays(of: fork), by: &forger, counting: .bothWays) {
      failure in
      if case .malformed = failure { true } else { false }
    }
  }

  // MARK: - Who lies, and to whom

  /// - Returns: `nil` where the liar does not know the archive, or nobody is there to be lied to.
  private func forger(_ liar: Machine, _ random: inout SeededRandom) throws -> Forger? {
    let seed = random.next()
    let view = try touch(liar) { try $0.log.view(of: nil, knowing: nil, writing: nil) }
    guard let genesis = view?.genesis, !listeners.isEmpty else { return nil }
    return Forger(
      archive: genesis.archive,
      member: try liar.identities.memberKey(),
      seed: seed
    )
  }

  /// Machines that are on and have the archive.
  private var listeners: [Machine] {
    machines.filter { machine in
      guard let store = machine.store, !machine.isDamaged, !machine.disk.isOff else { return false }
      let view = try? store.log.view(of: nil, knowing: nil, writing: nil)
      return view?.genesis != nil
    }
  }

  /// Sends packs that must be taken.
  ///
  /// - Returns: whether they were; not where the machine failed for a reason that the simulator gave it.
  /// - Throws: ``Violation``.
  private func offer(
    _ packs: [PackFixture],
    by forger: inout Forger,
    to machine: Machine
  ) throws -> Bool {
    let deliveries = packs.map { forger.peer.deliver($0) }
    do {
      return try touch(machine) { store in
        _ = try store.log.append(deliveries, from: forger.peer.store)
        return true
      } ?? false
    } catch let failure as LogFailure {
      throw Violation("\(machine.name) refuses a member's changes: \(failure)")
    }
  }

  /// Sends a pack to everybody that everybody must refuse.
  ///
  /// - Throws: ``Violation``.
  private func expectRefusal(
    of pack: PackFixture,
    by forger: inout Forger,
    counting fault: Fault,
    as isExpected: (LogFailure) -> Bool
  ) throws {
    let delivery = forger.peer.deliver(pack)
    var refusalCount = 0
    for machine in listeners {
      do {
        let receipt = try touch(machine) { store in
          try store.log.append([delivery], from: forger.peer.store)
        }
        guard receipt == nil else {
          throw Violation("\(machine.name) takes what it must refuse: \(fault.rawValue)")
        }
      } catch let failure as LogFailure {
        guard isExpected(failure) else {
          throw Violation(
            "\(machine.name) refuses \(fault.rawValue) for another reason: \(failure)"
          )
        }
        refusalCount += 1
      }
    }
    if refusalCount > 0 { count(fault) }
  }
}
