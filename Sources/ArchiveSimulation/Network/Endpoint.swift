internal import ChangeLog
internal import SyncProtocol

/// One side of a connection: a session, and what waits to be done for it.
final class Endpoint {
  let machine: Machine
  /// The machine's when the connection was opened.
  private let incarnation: Int
  let log: any LogStore
  let isLiar: Bool
  var version = PeerVersion.current
  var session: SyncSession
  var decoder: FrameDecoder
  /// Not handled yet, oldest first.
  var events: [SessionEvent] = []
  /// Not carried out yet, in order.
  var effects: [SessionEffect] = []
  var isStepping = false
  /// Effects until its machine loses power before the next one; `nil`: never.
  var effectsUntilCrash: Int?
  private(set) var isOver = false
  private(set) var outcome: SessionOutcome?
  private(set) var failure: PeerFailure?
  /// When something was last read or written, ms.
  var lastActivity: Int64
  /// When something last arrived, ms.
  var lastHeard: Int64
  /// What arrives next arrives no earlier, ms.
  var nextArrival: Int64 = 0
  /// What it holds; a liar's is not counted.
  var bounds: SessionBounds

  init(
    _ machine: Machine,
    log: any LogStore,
    isLiar: Bool,
    session: consuming SyncSession,
    time: Int64
  ) {
    self.machine = machine
    incarnation = machine.incarnation
    self.log = log
    self.isLiar = isLiar
    self.session = session
    decoder = FrameDecoder(byteLimit: machine.limits.greetingByteLimit)
    bounds = SessionBounds(of: machine.name, machine.limits)
    lastActivity = time
    lastHeard = time
  }

  /// Whether the program that runs the session still does.
  var isAlive: Bool { !isOver && machine.incarnation == incarnation && machine.store != nil }

  func end(_ outcome: SessionOutcome? = nil, failure: PeerFailure? = nil) {
    isOver = true
    self.outcome = outcome
    self.failure = failure
    effects = []
    events = []
  }
}

/// A connection between two machines.
final class Connection {
  let number: Int
  let dialler: Endpoint
  let answerer: Endpoint
  /// Nothing arrives any more.
  var isBroken = false
  /// Nothing arrives any more at this side.
  weak var deafEndpoint: Endpoint?
  /// Nothing arrives any more at either side, not even that the connection has ended.
  var isPartitioned = false
  /// Somebody lies, or bytes were changed: errors are to be expected.
  var isTainted: Bool
  /// Frames until one is corrupted; `nil`: never.
  var framesUntilCorruption: Int?
  /// Frames until the connection breaks, or one direction of it goes deaf, or both; `nil`: never.
  var framesUntilBreak: Int?
  var framesUntilDeafness: Int?
  var framesUntilPartition: Int?

  init(number: Int, dialler: Endpoint, answerer: Endpoint) {
    self.number = number
    self.dialler = dialler
    self.answerer = answerer
    isTainted = dialler.isLiar || answerer.isLiar
  }

  func other(than endpoint: Endpoint) -> Endpoint { endpoint === dialler ? answerer : dialler }

  /// Whether what is sent to this side from now on is lost.
  func isDeaf(_ endpoint: Endpoint) -> Bool { isPartitioned || deafEndpoint === endpoint }

  /// Whether the two have no version of the protocol in common.
  var isForeign: Bool { dialler.version == .foreign || answerer.version == .foreign }

  var isOver: Bool { !dialler.isAlive && !answerer.isAlive }
}
