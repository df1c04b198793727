internal import ChangeLog
internal import ReplicaStorage
internal import SyncSimulation

extension World {
  /// Plans everything that is to happen before the faults stop.
  func planSteps() {
    var random = SeededRandom(seed: plan.seed ^ 0x57E9)
    var moment: Int64 = 0
    for number in 0..<plan.stepCount {
      moment += Int64.random(in: 0...2000, using: &random)
      // Each step draws its own numbers: leaving one out leaves the others as they are.
      let seed = random.next()
      if plan.skipped.contains(number) { continue }
      plan(after: moment) { [unowned self] in try step(SeededRandom(seed: seed)) }
    }
  }

  private func step(_ random: SeededRandom) throws {
    var random = random
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<41: try edit(&random)
    case 41..<45: try compact(&random)
    case 45..<75: try sync(&random)
    case 75..<80: try lookAround(&random)
    default: try strike(&random)
    }
  }

  private func machine(_ random: inout SeededRandom, of kind: Machine.Kind? = nil) -> Machine {
    let candidates = machines.filter { kind == nil || $0.kind == kind }
    return candidates[Int.random(in: 0..<candidates.count, using: &random)]
  }

  // MARK: - What people do

  private func edit(_ random: inout SeededRandom) throws {
    let machine = machine(&random, of: .replica)
    let seed = random.next()
    // What a damaged file makes people write is theirs to sort out.
    guard !machine.isDamaged else { return }
    note("\(machine.name) edits")
    _ = try touch(machine) { store in
      guard let replica = store.replica else { return }
      try edits.edit(replica, seed: seed)
    }
  }

  /// Joins small packs, and stops somewhere.
  private func compact(_ random: inout SeededRandom) throws {
    let machine = machine(&random)
    let packCount = Int.random(in: 1...60, using: &random)
    guard !machine.isDamaged else { return }
    note("\(machine.name) compacts")
    _ = try touch(machine) { try $0.joinPacks(upTo: packCount) }
  }

  private func sync(_ random: inout SeededRandom) throws {
    let isMirroring = Int.random(in: 0..<8, using: &random) == 0
    let dialler = machine(&random, of: isMirroring ? .hub : .replica)
    let isDirect = !isMirroring && Int.random(in: 0..<4, using: &random) == 0
    let answerer = machine(&random, of: isDirect ? .replica : .hub)
    guard dialler !== answerer else { return }
    let fate = fate(dialler, answerer, &random)
    try connect(dialler, to: answerer, fate)
  }

  private func fate(
    _ dialler: Machine,
    _ answerer: Machine,
    _ random: inout SeededRandom
  ) -> ConnectionFate {
    var fate = ConnectionFate()
    let frames = Int.random(in: 0..<12, using: &random)
    let kind = Int.random(in: 0..<10, using: &random)
    let someone = Bool.random(using: &random) ? dialler : answerer
    switch kind {
    case 0...1 where plan.faults.contains(.brokenConnection): fate.framesUntilBreak = frames
    case 2 where plan.faults.contains(.partition) && frames % 2 == 1:
      fate.framesUntilPartition = frames
    case 2 where plan.faults.contains(.oneWayPartition): fate.framesUntilDeafness = frames
    case 3 where plan.faults.contains(.corruptedByte): fate.framesUntilCorruption = frames
    case 4 where plan.faults.contains(.lyingPeer):
      fate.liar = someone
      fate.lie = frames == 11 ? .flooding : frames % 2 == 0 ? .withholding : .wild
    case 8 where plan.faults.contains(.lyingPeer): (fate.liar, fate.lie) = (someone, .meddling)
    case 5 where plan.faults.contains(.newerPeer):
      (fate.stranger, fate.strangerVersion) = (someone, .newer)
    case 6 where plan.faults.contains(.foreignPeer) && frames < 4:
      (fate.stranger, fate.strangerVersion) = (someone, .foreign)
    case 7 where plan.faults.contains(.crashBetweenEffects):
      (fate.crasher, fate.effectsUntilCrash) = (someone, frames)
    default: break
    }
    return fate
  }

  /// Compares what is there with what was promised, in the middle of everything.
  private func lookAround(_ random: inout SeededRandom) throws {
    let machine = machine(&random)
    try audit(machine)
    try judgeForks(of: machine)
    switch Int.random(in: 0..<4, using: &random) {
    case 0: try compareRebuilt(machine)
    case 1: try judgeCursors()
    case 2:
      try judgeValues(in: machine)
      try judgePast(of: machine)
    default: break
    }
  }

  // MARK: - What goes wrong

  private func strike(_ random: inout SeededRandom) throws {
    let strikes: [Fault] = [
      .crash, .crash, .crashAtWrite, .crashAtWrite, .crashAtWrite, .fullDisk, .diskError, .bitFlip,
      .clockJump, .restore, .staleWAL, .copyWithoutKeys, .copyWithKeys, .rollback, .twin,
      .reconnectStorm, .forkAtTheBeginning, .manyBranches, .namedBranch, .bothWays,
    ]
    let fault = strikes[Int.random(in: 0..<strikes.count, using: &random)]
    let machine = machine(&random)
    let number = Int.random(in: 1...25, using: &random)
    guard plan.faults.contains(fault), machine.store != nil, !machine.isDamaged else { return }
    switch fault {
    case .crash:
      count(.crash)
      crash(machine)
    case .crashAtWrite: machine.disk.crash(atOperation: number)
    case .fullDisk:
      machine.disk.setRoom(number * 4000)
      plan(after: Int64.random(in: 100...10_000, using: &random)) { machine.disk.setRoom(nil) }
    case .diskError:
      machine.disk.fail(Bool.random(using: &random) ? .write : .sync, number: number)
    case .bitFlip: try flipBit(machine, &random)
    case .clockJump:
      count(.clockJump)
      let year: Int64 = 365 * 86_400_000
      machine.clock.jump(to: Int64.random(in: -year...year, using: &random))
    case .restore: try restore(machine, withIdentities: false, &random)
    case .rollback: try restore(machine, withIdentities: true, &random)
    case .staleWAL: try restoreBesideWAL(machine, &random)
    case .copyWithoutKeys, .copyWithKeys, .twin: try copy(machine, as: fault)
    case .reconnectStorm: try storm(&random)
    case .forkAtTheBeginning: try forkAtTheBeginning(machine, &random)
    case .manyBranches: try branchManyTimes(machine, &random)
    case .namedBranch: try nameBranch(machine, &random)
    case .bothWays: try joinBothWays(machine, &random)
    case .lostSector, .tornWrite, .crashBetweenEffects, .brokenConnection, .oneWayPartition,
      .partition, .corruptedByte, .lyingPeer, .packLeftOut, .packRepeated, .packsReordered,
      .newerPeer, .foreignPeer:
      return
    }
  }

  /// A replica dials one hub several times at once, and others dial too.
  private func storm(_ random: inout SeededRandom) throws {
    count(.reconnectStorm)
    let hub = machine(&random, of: .hub)
    for _ in 0..<4 {
      let dialler = machine(&random, of: .replica)
      for _ in 0..<2 { try connect(dialler, to: hub) }
    }
  }

  /// A bit of the file, or of the WAL that a crash left, rots while the machine is off; from then on
  /// nobody believes what it says, and when the faults stop it is cloned anew.
  private func flipBit(_ machine: Machine, _ random: inout SeededRandom) throws {
    note("a bit of \(machine.name)'s file flips")
    let isInWAL = Bool.random(using: &random)
    if isInWAL { machine.disk.crash() }
    stop(machine)
    machine.disk.restart()
    machine.disk.flipBit(in: machine.path + (isInWAL ? "-wal" : ""))
    machine.isDamaged = true
    try start(machine)
  }

  // MARK: - Copies

  /// Takes a backup, and puts it back some time later.
  private func restore(
    _ machine: Machine,
    withIdentities: Bool,
    _ random: inout SeededRandom
  ) throws {
    try audit(machine)
    let backup = machine.copyFiles()
    note("\(machine.name) is backed up")
    plan(after: Int64.random(in: 1000...40_000, using: &random)) { [unowned self] in
      guard isFaulty, machine.store != nil, !machine.isDamaged else { return }
      note("\(machine.name) is put back from its backup")
      count(withIdentities ? .rollback : .restore)
      stop(machine)
      machine.disk.restart()
      let lost = machine.ledger.walk.hashes
      try machine.put(backup)
      if withIdentities {
        machine.identities.restore(backup.identities)
        machine.isMisled = true
      }
      excuse(lost.filter { !backup.ledger.walk.holds($0) })
      try start(machine)
    }
  }

  /// Takes a backup; some time later, when more was written to the file and then to its WAL, the
  /// machine crashes, and the backup is put beside that WAL.
  private func restoreBesideWAL(_ machine: Machine, _ random: inout SeededRandom) throws {
    try audit(machine)
    guard machine.store != nil else { return }
    // Nothing keeps the stop from folding the WAL into the file.
    machine.disk.heal()
    stop(machine)
    let backup = machine.copyFiles()
    note("\(machine.name) is stopped and backed up")
    try start(machine)
    let delays = (0..<2).map { _ in Int64.random(in: 1000...20_000, using: &random) }
    plan(after: delays[0]) { [unowned self] in
      guard isFaulty, machine.store != nil, !machine.isDamaged else { return }
      machine.disk.heal()
      stop(machine)
      try start(machine)
    }
    plan(after: delays[0] + delays[1]) { [unowned self] in
      guard isFaulty, machine.store != nil, !machine.isDamaged else { return }
      note("\(machine.name) crashes, and its backup is put beside the WAL")
      count(.staleWAL)
      machine.disk.crash()
      stop(machine)
      machine.disk.restart()
      let lost = machine.ledger.walk.hashes
      try machine.putBesideWAL(backup)
      excuse(lost.filter { !backup.ledger.walk.holds($0) })
      try start(machine)
    }
  }

  /// Another machine gets a copy of a running replica's file.
  private func copy(_ machine: Machine, as fault: Fault) throws {
    guard machine.kind == .replica, machines.count < 9 else { return }
    try audit(machine)
    guard machine.store != nil else { return }
    count(fault)
    let copy = machine.copyFiles()
    let other = try add(
      .replica,
      identities: fault == .copyWithoutKeys ? SimulatedIdentities.Contents() : copy.identities
    )
    note("\(machine.name) is copied to \(other.name)")
    try other.put(copy)
    other.isMisled = machine.isMisled || fault == .twin
    if fault == .twin {
      machine.isMisled = true
      // Two whole machines have the file at the same path.
      other.identities.move(from: machine.path, to: other.path)
    }
    try start(other)
  }
}
