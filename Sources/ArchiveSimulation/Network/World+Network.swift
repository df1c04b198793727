internal import ChangeLog
internal import ReplicaStorage
internal import SyncProtocol
internal import SyncSimulation

extension World {
  /// How a connection is to go.
  struct ConnectionFate {
    var liar: Machine?
    var lie = LyingStore.Lie.wild
    /// Who runs a program of another version.
    var stranger: Machine?
    var strangerVersion = PeerVersion.current
    var framesUntilBreak: Int?
    var framesUntilDeafness: Int?
    var framesUntilPartition: Int?
    var framesUntilCorruption: Int?
    /// Who loses power between two effects.
    var crasher: Machine?
    var effectsUntilCrash: Int?
  }

  /// Opens a connection from one machine to another, both of which are on.
  func connect(
    _ dialler: Machine,
    to answerer: Machine,
    _ fate: ConnectionFate = ConnectionFate()
  )
    throws
  {
    // A copy that is recognised only now must have its own name before it speaks.
    for machine in [dialler, answerer] where fate.liar !== machine {
      if fate.liar != nil { machine.isMisled = true }
      let isReady = try touch(machine) { store in
        try store.replica?.prepareToSync()
        return true
      }
      guard isReady ?? false else { return }
    }
    guard let diallerLog = dialler.store?.log, let answererLog = answerer.store?.log else { return }
    let number = connections.count
    func log(of machine: Machine, _ log: any LogStore) -> any LogStore {
      guard fate.liar === machine else { return log }
      count(.lyingPeer)
      let seed = plan.seed &* 31 &+ UInt64(number)
      return LyingStore(
        log,
        lie: fate.lie,
        faults: plan.faults,
        seed: seed,
        foreignPacks: ForeignArchive.packs
      )
    }
    let genesis = try diallerLog.view(of: nil, knowing: nil, writing: nil).genesis
    let archive: RequestedArchive =
      genesis.map { .id($0.archive, name: $0.name) } ?? .name(Machine.archiveName)
    let connection = Connection(
      number: number,
      dialler: Endpoint(
        dialler,
        log: log(of: dialler, diallerLog),
        isLiar: fate.liar === dialler,
        session: .dialling(
          DialRequest(archive: archive, limits: dialler.limits, isLive: isFaulty && isLive(number))
        ),
        time: time.now
      ),
      answerer: Endpoint(
        answerer,
        log: log(of: answerer, answererLog),
        isLiar: fate.liar === answerer,
        session: .answering(limits: answerer.limits),
        time: time.now
      )
    )
    connection.framesUntilBreak = fate.framesUntilBreak
    connection.framesUntilDeafness = fate.framesUntilDeafness
    connection.framesUntilPartition = fate.framesUntilPartition
    connection.framesUntilCorruption = fate.framesUntilCorruption
    if connection.isTainted || dialler.isDamaged || answerer.isDamaged { taint(connection) }
    for endpoint in [connection.dialler, connection.answerer]
    where endpoint.machine === fate.stranger {
      count(fate.strangerVersion == .foreign ? .foreignPeer : .newerPeer)
      endpoint.version = fate.strangerVersion
    }
    for endpoint in [connection.dialler, connection.answerer]
    where endpoint.machine === fate.crasher {
      endpoint.effectsUntilCrash = fate.effectsUntilCrash
    }
    connections.append(connection)
    note("connection \(number): \(dialler.name) dials \(answerer.name)")
    for endpoint in [connection.dialler, connection.answerer] {
      transmit(FrameDecoder.preface, from: endpoint, over: connection)
      watchSilence(of: endpoint, connection)
    }
    if fate.lie == .flooding, number.isMultiple(of: 2) { sendEndlessFrame(over: connection) }
    let known = dialler.knownStores[answerer.number]
    plan(after: latency(connection)) { [unowned self] in
      try answer(connection.dialler, connection) {
        .opened(try $0.view(of: known, knowing: nil, writing: nil), time: dialler.clock.now)
      }
    }
  }

  /// Whether the dialler of a connection means to stay; follows from its number, as its latency does.
  private func isLive(_ number: Int) -> Bool {
    var random = SeededRandom(seed: plan.seed &* 6101 &+ UInt64(number))
    return Int.random(in: 0..<3, using: &random) == 0
  }

  /// What happens over a connection from here on cannot be held against anybody.
  func taint(_ connection: Connection) {
    connection.isTainted = true
    for endpoint in [connection.dialler, connection.answerer] where !endpoint.isLiar {
      endpoint.machine.isMisled = true
    }
  }

  /// ms; follows from the connection and the moment, so that leaving a step out changes little else.
  func latency(_ connection: Connection) -> Int64 {
    var random = SeededRandom(
      seed: plan.seed &* 7919 &+ UInt64(connection.number) &* 65_537 &+ UInt64(eventCount)
    )
    // Most answers come at once, some after everything else.
    return Int.random(in: 0..<10, using: &random) == 0
      ? Int64.random(in: 100...3000, using: &random) : Int64.random(in: 0...20, using: &random)
  }

  // MARK: - Running a session

  func happen(_ event: SessionEvent, at endpoint: Endpoint, _ connection: Connection) {
    guard endpoint.isAlive else { return }
    endpoint.events.append(event)
    step(endpoint, connection)
  }

  /// Plans one step of a session: one effect, or one event when no effect is left.
  private func step(_ endpoint: Endpoint, _ connection: Connection) {
    guard !endpoint.isStepping, endpoint.isAlive else { return }
    guard !endpoint.effects.isEmpty || !endpoint.events.isEmpty else { return }
    endpoint.isStepping = true
    plan(after: eventCount % 3 == 0 ? 1 : 0) { [unowned self] in
      endpoint.isStepping = false
      guard endpoint.isAlive else { return }
      if endpoint.effects.isEmpty {
        let event = endpoint.events.removeFirst()
        if !endpoint.isLiar { try keepCount(of: event, at: endpoint, connection) }
        endpoint.effects = endpoint.session.handle(event)
        if !endpoint.isLiar { try endpoint.bounds.judge(queued: endpoint.effects) }
      } else {
        let effect = endpoint.effects.removeFirst()
        if !endpoint.isLiar { try endpoint.bounds.note(effect) }
        try perform(effect, of: endpoint, connection)
        crashBetweenEffects(endpoint)
      }
      step(endpoint, connection)
    }
  }

  /// The power goes when enough effects were carried out and another one waits, which never is.
  private func crashBetweenEffects(_ endpoint: Endpoint) {
    guard let left = endpoint.effectsUntilCrash else { return }
    endpoint.effectsUntilCrash = max(0, left - 1)
    guard left <= 1, endpoint.isAlive, !endpoint.effects.isEmpty else { return }
    endpoint.effectsUntilCrash = nil
    count(.crashBetweenEffects)
    crash(endpoint.machine)
  }

  /// Sees that a session keeps to its limits.
  ///
  /// - Throws: ``Violation``.
  private func keepCount(
    of event: SessionEvent,
    at endpoint: Endpoint,
    _ connection: Connection
  ) throws {
    guard case .received(.acknowledgement(let position)) = event else {
      try endpoint.bounds.note(event)
      return
    }
    if connection.isTainted {
      // An acknowledgement may have been lost on its way, or be a lie.
      endpoint.bounds.acknowledged(upTo: position)
    } else {
      let packCount = connection.other(than: endpoint).bounds.takeAcknowledgement()
      try endpoint.bounds.acknowledged(packCount)
    }
  }

  private func perform(
    _ effect: SessionEffect,
    of endpoint: Endpoint,
    _ connection: Connection
  ) throws {
    let clock = endpoint.machine.clock
    switch effect {
    case .send(let message): send(message, from: endpoint, over: connection)
    case .allowLargeFrames:
      endpoint.decoder.allow(byteLimit: endpoint.machine.limits.frameByteLimit)
    case .authorise: break
    case .adopt(let genesis):
      try inline(endpoint) { try $0.adopt(genesis) }
    case .remember(let cursor):
      try inline(endpoint) { try $0.remember(cursor) }
    case .forget(let peer):
      try inline(endpoint) { try $0.forget(peer) }
    case .witness(let head, let lane):
      try inline(endpoint) { try $0.witness(head, of: lane) }
    case .view(let request):
      answerLater(endpoint, connection) { log in
        .viewed(
          try log.view(of: request.peer, knowing: request.cursor, writing: request.lane),
          time: clock.now
        )
      }
    case .getFrontier(let purpose):
      answerLater(endpoint, connection) { .gotFrontier(try $0.frontier(), purpose) }
    case .getPacks(let request):
      answerLater(endpoint, connection) { .gotPacks(try $0.packs(request)) }
    case .append(let packs, let peer):
      answerLater(endpoint, connection) { [unowned self] log in
        let receipt = try log.append(packs, from: peer)
        let last = packs[packs.count - 1]
        if !endpoint.machine.disk.isOff { try expectCursor(at: last, of: peer, in: endpoint) }
        return .stored(position: last.position, receipt)
      }
    case .stay:
      stay(endpoint, connection)
    case .watchSilence:
      watchQuiet(of: endpoint, connection)
    case .finish(let outcome):
      if endpoint === connection.dialler, !connection.isTainted {
        endpoint.machine.knownStores[connection.answerer.machine.number] = outcome.peerStore
      }
      note("connection \(connection.number): \(endpoint.machine.name) ends: \(outcome.verdict)")
      // What the stranger makes of it is not for this version to say.
      guard
        !connection.isForeign || endpoint.version == .foreign
          || outcome.verdict == .interrupted
      else {
        throw Violation(
          "\(endpoint.machine.name) synced with a peer that does not speak its version"
        )
      }
      endpoint.end(outcome)
      hangUp(endpoint, connection)
    case .fail(let failure):
      send(.failure(failure), from: endpoint, over: connection)
      try end(endpoint, with: failure, connection)
    case .end(let failure):
      try end(endpoint, with: failure, connection)
    }
  }

  private func end(
    _ endpoint: Endpoint,
    with failure: PeerFailure,
    _ connection: Connection
  ) throws {
    note("connection \(connection.number): \(endpoint.machine.name) fails: \(failure.message)")
    endpoint.end(failure: failure)
    hangUp(endpoint, connection)
    guard !connection.isTainted, !endpoint.isLiar else { return }
    switch failure.code {
    case .versionMismatch where connection.isForeign: return
    case .damaged, .wrongArchive, .versionMismatch, .tooLarge, .notPermitted, .protocolViolation:
      throw Violation("\(endpoint.machine.name), in an honest session: \(failure.message)")
    case .fork where !plan.mayFork:
      throw Violation("\(endpoint.machine.name), in an honest session: \(failure.message)")
    case .internal, .unknownArchive, .gap, .fork, .storage, .shuttingDown:
      return
    }
  }

  /// Carries a storage effect out at once; when it fails, nothing after it is carried out.
  private func inline(
    _ endpoint: Endpoint,
    _ body: (any LogStore) throws -> Void
  ) throws {
    do {
      let isDone: Void? = try touch(endpoint.machine) { _ in try body(endpoint.log) }
      if isDone == nil { endpoint.effects = [.fail(.storeFailed)] }
    } catch let failure as PeerFailure {
      endpoint.effects = [.fail(failure)]
    } catch let failure as LogFailure {
      endpoint.effects = [.fail(PeerFailure(failure))]
    }
  }

  /// Carries a storage effect out some time later, as a thread does that has other work.
  private func answerLater(
    _ endpoint: Endpoint,
    _ connection: Connection,
    _ body: @escaping (any LogStore) throws -> SessionEvent
  ) {
    plan(after: latency(connection)) { [unowned self] in
      try answer(endpoint, connection, body)
    }
  }

  private func answer(
    _ endpoint: Endpoint,
    _ connection: Connection,
    _ body: (any LogStore) throws -> SessionEvent
  ) throws {
    guard endpoint.isAlive else { return }
    do {
      let event = try touch(endpoint.machine) { _ in try body(endpoint.log) }
      happen(event ?? .refused(.storeFailed), at: endpoint, connection)
    } catch let failure as PeerFailure {
      happen(.refused(failure), at: endpoint, connection)
    } catch let failure as LogFailure {
      happen(.refused(PeerFailure(failure)), at: endpoint, connection)
    }
  }

  // MARK: - Sessions that stay

  /// Looks at the log's end from time to time, as a program does whose archive others write to; and
  /// leaves some time later, whichever side it is.
  private func stay(_ endpoint: Endpoint, _ connection: Connection) {
    note("connection \(connection.number): \(endpoint.machine.name) stays")
    var random = SeededRandom(seed: plan.seed &* 4507 &+ UInt64(connection.number))
    // The answerer outstays most diallers.
    let longest: Int64 = endpoint === connection.dialler ? 60_000 : 300_000
    plan(after: Int64.random(in: 0...longest, using: &random)) { [unowned self] in
      happen(.leave, at: endpoint, connection)
    }
    look(at: endpoint, connection, after: nil)
  }

  private func look(at endpoint: Endpoint, _ connection: Connection, after last: LogEnd?) {
    plan(after: last == nil ? 0 : 500) { [unowned self] in
      guard endpoint.isAlive else { return }
      guard let end = try touch(endpoint.machine, { _ in try endpoint.log.logEnd() }) else {
        happen(.refused(.storeFailed), at: endpoint, connection)
        return
      }
      if end != last { happen(.grown(end), at: endpoint, connection) }
      look(at: endpoint, connection, after: end)
    }
  }

  private func watchQuiet(of endpoint: Endpoint, _ connection: Connection) {
    let heard = endpoint.lastHeard
    plan(after: endpoint.machine.limits.quietInterval) { [unowned self] in
      guard endpoint.isAlive else { return }
      if endpoint.lastHeard == heard { happen(.quiet, at: endpoint, connection) }
      watchQuiet(of: endpoint, connection)
    }
  }
}

extension PeerFailure {
  fileprivate static let storeFailed = PeerFailure(
    .storage,
    "the store of the other side failed",
    isRetryable: true
  )
}
