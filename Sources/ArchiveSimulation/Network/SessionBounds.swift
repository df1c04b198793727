internal import SyncProtocol

/// What one side of a session holds, in packs and bytes, held against its limits.
///
/// Counted from what the session is told and what it wants done, without asking it. What is on its way is
/// known by the order in which the other side stored it, not by the positions that the two say: these begin
/// anew when a log is sent from its beginning.
struct SessionBounds {
  private struct Group {
    /// Where the last of them ends in the sender's log.
    let position: UInt64
    let packCount: Int
  }

  private let name: String
  private let limits: SyncLimits
  /// Sent and not acknowledged, oldest first.
  private var window: [(position: UInt64, byteCount: Int)] = []
  private var isReading = false
  /// Bytes of each pack that came and was not handed to the store, oldest first.
  private var backlog: [Int] = []
  /// Handed to the store, which has not answered.
  private var appending: Group?
  /// In the store, and the peer has not been told.
  private var stored: [Group] = []
  /// How many packs each acknowledgement is about that the peer has not heard.
  private var acknowledgements: [Int] = []
  /// Of one frame, as far as the session has allowed it.
  private var frameByteLimit: Int
  /// What came and was not taken out as a frame; the preface is none.
  private var undecodedByteCount = -FrameDecoder.preface.count

  init(of name: String, _ limits: SyncLimits) {
    self.name = name
    self.limits = limits
    frameByteLimit = limits.greetingByteLimit
  }

  private func violation(_ what: String) -> Violation { Violation("\(name) \(what)") }

  private var windowByteCount: Int { window.reduce(0) { $0 + $1.byteCount } }

  // MARK: - What is done

  /// Takes note of an effect that is about to be carried out.
  ///
  /// - Throws: ``Violation``.
  mutating func note(_ effect: SessionEffect) throws {
    switch effect {
    case .send(.pack(let delivery)):
      window.append((delivery.position, delivery.pack.count))
    case .send(.acknowledgement(let position)):
      try acknowledge(position)
    case .getPacks(let request):
      try read(request)
    case .append(let packs, _):
      try append(packs)
    case .allowLargeFrames:
      frameByteLimit = limits.frameByteLimit
    case .send, .authorise, .view, .getFrontier, .adopt, .remember, .forget, .witness, .stay,
      .watchSilence, .finish, .fail, .end:
      return
    }
  }

  /// Sees that what waits to be sent has room in the window, beside what is on its way.
  ///
  /// - Throws: ``Violation``.
  func judge(queued effects: [SessionEffect]) throws {
    let queued = effects.compactMap { effect -> Int? in
      guard case .send(.pack(let delivery)) = effect else { return nil }
      return delivery.pack.count
    }
    let byteCounts = window.map { $0.byteCount } + queued
    // A pack may be larger than the window, or than what is left of it.
    guard byteCounts.count <= limits.windowPackLimit,
      byteCounts.dropLast().reduce(0, +) < limits.windowByteLimit
    else {
      throw violation(
        "queues \(byteCounts.count) packs of \(byteCounts.reduce(0, +)) bytes, more than its window "
          + "holds"
      )
    }
  }

  private mutating func read(_ request: PackRequest) throws {
    guard !isReading else { throw violation("reads packs while it does already") }
    guard request.packLimit <= limits.windowPackLimit - window.count,
      request.byteLimit <= limits.windowByteLimit - windowByteCount,
      request.byteLimit <= limits.readByteLimit
    else { throw violation("reads more than its window has room for") }
    isReading = true
  }

  private mutating func append(_ packs: [PackDelivery]) throws {
    guard appending == nil else { throw violation("appends packs while it does already") }
    guard let last = packs.last, packs.count <= backlog.count else {
      throw violation("appends \(packs.count) packs, and \(backlog.count) have come")
    }
    let byteCount = packs.reduce(0) { $0 + $1.pack.count }
    guard packs.count <= limits.appendPackLimit,
      packs.count == 1 || byteCount <= limits.appendByteLimit
    else {
      throw violation("appends \(packs.count) packs of \(byteCount) bytes in one transaction")
    }
    backlog.removeFirst(packs.count)
    appending = Group(position: last.position, packCount: packs.count)
  }

  private mutating func acknowledge(_ position: UInt64) throws {
    guard let group = stored.first, group.position == position else {
      throw violation("acknowledges packs that it has not stored")
    }
    stored.removeFirst()
    acknowledgements.append(group.packCount)
  }

  // MARK: - What happens

  /// Takes note of an event that the session is about to be told; not of an acknowledgement.
  ///
  /// - Throws: ``Violation``.
  mutating func note(_ event: SessionEvent) throws {
    switch event {
    case .received(.pack(let delivery)):
      try receive(delivery.pack.count)
    case .gotPacks:
      isReading = false
    case .stored:
      if let appending { stored.append(appending) }
      appending = nil
    case .received, .opened, .viewed, .gotFrontier, .refused, .ended, .grown, .quiet, .leave:
      return
    }
  }

  private mutating func receive(_ byteCount: Int) throws {
    // What came before this one was taken; the last one of it may have gone beyond the bytes.
    let takenByteCount = backlog.dropLast().reduce(0, +)
    guard backlog.count <= limits.backlogPackLimit, takenByteCount < limits.backlogByteLimit else {
      throw violation(
        "keeps \(backlog.count) packs of \(backlog.reduce(0, +)) bytes in memory"
      )
    }
    backlog.append(byteCount)
  }

  /// The packs that the oldest acknowledgement is about that the peer has not heard.
  mutating func takeAcknowledgement() -> Int? {
    acknowledgements.isEmpty ? nil : acknowledgements.removeFirst()
  }

  /// The peer has stored so many more of the packs.
  ///
  /// - Throws: ``Violation``.
  mutating func acknowledged(_ packCount: Int?) throws {
    guard let packCount, packCount <= window.count else {
      throw violation("is told of packs that it has not sent")
    }
    window.removeFirst(packCount)
  }

  /// What the peer says of positions, where its frames cannot be counted.
  mutating func acknowledged(upTo position: UInt64) {
    window.removeAll { $0.position <= position }
  }

  // MARK: - Bytes that are no message yet

  mutating func arrived(_ byteCount: Int) { undecodedByteCount += byteCount }

  mutating func decoded(_ message: [UInt8]) { undecodedByteCount -= 4 + message.count }

  /// Sees that no more is kept than the frame that is on its way may have.
  ///
  /// - Throws: ``Violation``.
  func judgeUndecoded() throws {
    guard undecodedByteCount < 4 + frameByteLimit else {
      throw violation("keeps \(undecodedByteCount) bytes of a frame in memory")
    }
  }
}
