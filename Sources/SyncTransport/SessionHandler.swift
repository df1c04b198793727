internal import ChangeLog
internal import NIOCore
internal import SyncProtocol

/// One session on its connection's event loop: bytes in, messages to the session, what it wants done, bytes
/// out.
///
/// *Why not tasks*: a hub has thousands of sessions that wait. Here one costs its buffers and nothing that
/// runs; only what the store is asked is a task, and comes back as an event.
///
/// What waits to be written is bounded by the session's window, because packs are read from the store only
/// when the window has room. The next message is taken only when the session has handled the one before,
/// and while the peer reads what it is answered, so that a peer who sends faster, or reads nothing, fills
/// the network and not the memory.
final class SessionHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// Which side of the session this is.
  enum Side {
    /// - `since`: when the connection was begun.
    case dialler(
      DialRequest,
      any SessionStore,
      peer: StoreID?,
      since: ContinuousClock.Instant
    )
    case answerer(Authoriser)
  }

  /// How a session ended.
  enum End {
    case finished(SessionOutcome)
    case failure(PeerFailure)
    /// The failure came from the peer, who needs not be told.
    case toldFailure(PeerFailure)
  }

  private enum Phase {
    case open
    /// The session is over; what it said last is being written.
    case flushing(Result<DrivenSession, any Error>, lingers: Bool)
    /// The peer, who was told of a failure, is to close first, so that it is not lost to a reset.
    case lingering(Result<DrivenSession, any Error>)
    /// The channel is closed, or is being closed; the store may still be at work.
    case closed(Result<DrivenSession, any Error>)
    case over
  }

  private let side: Side
  private let eventLoop: any EventLoop
  let environment: SessionEnvironment
  let meter: SessionMeter
  /// What really went wrong here, while the peer is told only that something did.
  let localFailure = LocalFailure()
  private let ended: EventLoopPromise<DrivenSession>

  private var session: SyncSession
  private var decoder: FrameDecoder
  private var phase = Phase.open
  /// `nil` when the channel is gone.
  private var context: ChannelHandlerContext?
  private(set) var peer: SocketAddress?
  /// Answers that came while ``heldEffects`` waited.
  private var events: [SessionEvent] = []
  /// What comes after an effect that has to be done first.
  private var heldEffects: [SessionEffect]?
  private var isAdvancing = false
  /// Something happened while the session was handling something else.
  private var hasNews = false
  private var hasInputEnded = false
  private var isReading = false
  /// Nothing the peer says after what was no message is heard.
  private var isDeaf = false
  private var outgoing: OutgoingBytes
  private var bytesReceived = 0
  /// Calls of the store that have not come back.
  private var tasks: [Int: Task<Void, Never>] = [:]
  private var lastTask = 0
  private var silenceWatch: RepeatedTask?
  private var bytesBeforeInterval = 0

  /// The answerer's is found by what the peer asks for.
  var store: (any SessionStore)?
  /// Set while the session stays open.
  var stay: Stay?
  var progress = ProgressTally()

  /// - `ended`: completed when the connection is closed and the store at rest.
  init(
    _ side: Side,
    on eventLoop: any EventLoop,
    environment: SessionEnvironment,
    ended: EventLoopPromise<DrivenSession>
  ) {
    self.side = side
    self.eventLoop = eventLoop
    self.environment = environment
    self.ended = ended
    decoder = FrameDecoder(byteLimit: environment.limits.greetingByteLimit)
    outgoing = OutgoingBytes(byteLimit: environment.limits.outgoingByteLimit)
    switch side {
    case .dialler(let request, let store, _, let start):
      session = .dialling(request)
      meter = SessionMeter(since: start, looksIntoPacks: true)
      self.store = store
    case .answerer:
      session = .answering(limits: environment.limits)
      meter = SessionMeter(since: .now, looksIntoPacks: false)
    }
  }

  private var limits: SyncLimits { environment.limits }

  /// Finds the store; the answerer's.
  var authorise: Authoriser? {
    if case .answerer(let authorise) = side { authorise } else { nil }
  }

  // MARK: - The channel

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) {
    // A channel that never stood.
    inputEnded()
    self.context = nil
  }

  func channelActive(context: ChannelHandlerContext) {
    meter.connected()
    peer = context.remoteAddress
    // Before anything is written: where that fails, what came is still read then.
    readOn()
    send(FrameDecoder.preface)
    flush()
    // Where nobody read, the end has come already.
    if case .dialler(_, _, let peer, _) = side, case .open = phase {
      ask(.reading) { [environment] store in
        .opened(
          try await store.view(of: peer, knowing: nil, writing: nil),
          time: environment.now()
        )
      }
    }
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let buffer = unwrapInboundIn(data)
    bytesReceived += buffer.readableBytes
    guard case .open = phase, !isDeaf else { return }
    decoder.append(buffer.readableBytesView)
    advance()
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    isReading = false
    readOn()
  }

  func channelInactive(context: ChannelHandlerContext) {
    inputEnded()
    context.fireChannelInactive()
  }

  /// A reset connection and a silent peer end alike.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  private func inputEnded() {
    guard !hasInputEnded else { return }
    hasInputEnded = true
    switch phase {
    case .open: advance()
    case .flushing(let result, _), .lingering(let result): closed(result)
    case .closed, .over: break
    }
  }

  /// Asks the network for more, where it may come.
  private func readOn() {
    guard !isReading, !hasInputEnded, let context else { return }
    switch phase {
    case .open:
      guard isDeaf || heldEffects == nil && !outgoing.isFull else { return }
    case .flushing, .lingering: break
    case .closed, .over: return
    }
    isReading = true
    context.read()
  }

  // MARK: - The session

  /// Something happened that the session has to hear.
  func take(_ event: SessionEvent) {
    guard case .open = phase else { return }
    events.append(event)
    advance()
  }

  /// Lets the session handle what there is, as far as it may.
  private func advance() {
    guard !isAdvancing else {
      hasNews = true
      return
    }
    isAdvancing = true
    repeat {
      hasNews = false
      while heldEffects == nil, case .open = phase, let event = nextEvent() {
        follow(event)
        perform(session.handle(event))
      }
      readOn()
      flush()
    } while hasNews
    isAdvancing = false
  }

  private func nextEvent() -> SessionEvent? {
    if !events.isEmpty { return events.removeFirst() }
    guard !outgoing.isFull else { return nil }
    if !isDeaf {
      do {
        if let message = try nextMessage() { return .received(message) }
      } catch {
        isDeaf = true
        return .refused(error)
      }
    }
    guard hasInputEnded, !isDeaf else { return nil }
    isDeaf = true
    return .ended
  }

  private func nextMessage() throws(PeerFailure) -> SyncMessage? {
    while let frame = try decoder.next() {
      // A kind of message that a newer peer may send is passed over.
      if let message = try MessageCodec.decode(frame, limits: limits) { return message }
    }
    return nil
  }

  /// Performs effects in order, up to one that the others have to wait for.
  private func perform(_ effects: [SessionEffect]) {
    for (place, effect) in effects.enumerated() {
      switch perform(effect) {
      case .goesOn: break
      case .waits:
        heldEffects = Array(effects.dropFirst(place + 1))
        return
      case .ends(let end):
        conclude(end)
        return
      }
    }
  }

  /// The effect that was waited for is done.
  private func performHeld(_ failure: PeerFailure?) {
    guard case .open = phase, let effects = heldEffects else { return }
    heldEffects = nil
    isAdvancing = true
    if let failure { conclude(fail(failure)) } else { perform(effects) }
    isAdvancing = false
    advance()
  }

  /// The peer proved to speak the protocol.
  func allowLargeFrames() { decoder.allow(byteLimit: limits.frameByteLimit) }

  /// Says whenever nothing came from the peer for a while.
  func watchSilence() {
    guard silenceWatch == nil else { return }
    let interval = TimeAmount.milliseconds(limits.quietInterval)
    let here = bound
    bytesBeforeInterval = bytesReceived
    silenceWatch = eventLoop.scheduleRepeatedTask(
      initialDelay: interval,
      delay: interval
    ) { _ in here.value.intervalIsOver() }
  }

  private func intervalIsOver() {
    if bytesReceived == bytesBeforeInterval { take(.quiet) }
    bytesBeforeInterval = bytesReceived
  }

  // MARK: - The store

  /// Has the store asked; what it answers comes back as an event.
  func ask(
    _ work: SessionMeter.StoreWork,
    _ body: @escaping @Sendable (any SessionStore) async throws -> SessionEvent
  ) {
    guard let store else { preconditionFailure("a session touches no store before it has one") }
    let (meter, localFailure) = (meter, localFailure)
    run {
      do {
        return try await meter.measured(work) { try await body(store) }
      } catch {
        return .refused(localFailure.note(error))
      }
    } then: { handler, event in
      handler.take(event)
    }
  }

  /// Has something done that later effects have to wait for.
  ///
  /// - `body`: says what the peer is told where it fails.
  func wait<Value: Sendable>(
    for body: @escaping @Sendable () async -> Value,
    then: @escaping @Sendable (SessionHandler, Value) -> PeerFailure?
  ) {
    run(body) { handler, value in
      guard case .open = handler.phase else { return }
      handler.performHeld(then(handler, value))
    }
  }

  private func run<Value: Sendable>(
    _ body: @escaping @Sendable () async -> Value,
    then: @escaping @Sendable (SessionHandler, Value) -> Void
  ) {
    lastTask += 1
    let number = lastTask
    let here = bound
    tasks[number] = Task {
      let value = await body()
      here.execute { handler in
        handler.tasks[number] = nil
        then(handler, value)
        handler.completeWhenAtRest()
      }
    }
  }

  /// This handler, for whoever is not on its event loop.
  var bound: NIOLoopBound<SessionHandler> { NIOLoopBound(self, eventLoop: eventLoop) }

  // MARK: - Writing

  /// Puts a frame among those that wait to be written.
  func send(_ frame: [UInt8]) {
    outgoing.append(frame)
    if outgoing.makesAWrite { flush() }
  }

  private func flush(_ promise: EventLoopPromise<Void>? = nil) {
    let bytes = outgoing.takeWaiting()
    let byteCount = bytes.readableBytes
    guard byteCount > 0 || promise != nil else { return }
    guard let context else {
      // Nobody is there any more.
      written(byteCount)
      promise?.succeed()
      return
    }
    let here = bound
    context.writeAndFlush(wrapOutboundOut(bytes)).whenComplete { _ in
      here.value.written(byteCount)
      promise?.succeed()
    }
  }

  private func written(_ byteCount: Int) {
    if outgoing.written(byteCount) { advance() }
  }

  // MARK: - The end

  /// Tells the peer of a failure.
  func fail(_ failure: PeerFailure) -> End {
    send(FrameDecoder.frame(MessageCodec.encode(.failure(failure))))
    return .failure(failure)
  }

  /// Breaks off, wherever the session is.
  func cancel() {
    guard case .open = phase else { return }
    letGo()
    closed(.failure(PeerFailure.lost))
  }

  private func conclude(_ end: End) {
    guard case .open = phase else { return }
    meter.end()
    let lingers = if case .failure = end { true } else { false }
    let result = result(of: end)
    phase = .flushing(result, lingers: lingers)
    letGo()
    readOn()
    let flushed = eventLoop.makePromise(of: Void.self)
    flush(flushed)
    // The peer may have stopped reading.
    let patience = eventLoop.scheduleTask(in: .seconds(5)) { flushed.succeed() }
    let here = bound
    flushed.futureResult.whenComplete { _ in
      patience.cancel()
      here.value.hasFlushed()
    }
  }

  private func letGo() {
    stay = nil
    silenceWatch?.cancel()
    events = []
    heldEffects = nil
    // Read before anything is cancelled: a cancelled store call is no cause of anything.
    for task in tasks.values { task.cancel() }
  }

  private func hasFlushed() {
    guard case .flushing(let result, let lingers) = phase else { return }
    guard lingers, !hasInputEnded else { return closed(result) }
    phase = .lingering(result)
    let here = bound
    eventLoop.scheduleTask(in: .seconds(1)) {
      if case .lingering(let result) = here.value.phase { here.value.closed(result) }
    }
    readOn()
  }

  private func closed(_ result: Result<DrivenSession, any Error>) {
    phase = .closed(result)
    context?.close(promise: nil)
    completeWhenAtRest()
  }

  private func completeWhenAtRest() {
    guard case .closed(let result) = phase, tasks.isEmpty else { return }
    phase = .over
    ended.completeWith(result)
  }

  private func result(of end: End) -> Result<DrivenSession, any Error> {
    if let error = localFailure.error { return .failure(error) }
    return switch end {
    case .finished(let outcome):
      .success(
        DrivenSession(
          outcome: outcome,
          costs: meter.costs(sent: outgoing.totalByteCount, received: bytesReceived)
        )
      )
    case .failure(let failure), .toldFailure(let failure): .failure(failure)
    }
  }
}

extension NIOLoopBound<SessionHandler> {
  /// Does something on the event loop.
  func execute(_ body: @escaping @Sendable (SessionHandler) -> Void) {
    eventLoop.execute { body(value) }
  }
}
