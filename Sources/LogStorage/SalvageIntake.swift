package import ChangeLog
package import SyncProtocol

/// Takes salvaged packs into a log, through its gate; keeps what does not pass.
package struct SalvageIntake {
  /// A pack that the gate has refused.
  package struct Refused: Sendable {
    package let pack: PageSalvage.SalvagedPack
    /// In words.
    package let reason: String
  }

  private let store: any LogStore
  /// The store that the packs come from, as the log remembers it.
  private let source: StoreID
  package private(set) var refused: [Refused] = []
  /// Changes that have come into the log.
  package private(set) var admittedCount = 0
  /// Packs that have passed, also those with nothing new.
  private var passedCount = 0
  private static let transactionByteLimit = 8 << 20

  package init(into store: any LogStore, from source: StoreID) {
    self.store = store
    self.source = source
  }

  /// Offers all packs of a file, many in a transaction, then again those that were refused.
  ///
  /// - `reading`: gets every pack that stood in the file's log.
  package mutating func take(_ file: PageSalvage, reading: (Pack) -> Void = { _ in }) throws {
    var group: [PageSalvage.SalvagedPack] = []
    var byteCount = 0
    try file.forEachPack { found, isOfLog in
      if isOfLog { reading(found.pack) }
      group.append(found)
      byteCount += found.bytes.count
      guard byteCount > Self.transactionByteLimit else { return true }
      try offer(group)
      group = []
      byteCount = 0
      return true
    }
    try offer(group)
    try retry()
  }

  /// Offers all packs of a file that is not the damaged one.
  ///
  /// - Returns: whether any of it belongs to this archive.
  package mutating func takeOther(_ file: PageSalvage) throws -> Bool {
    let passedBefore = passedCount
    try take(file)
    return passedCount > passedBefore
  }

  /// Offers all packs of a bundle, then again those that were refused.
  ///
  /// - Throws: ``BundleFailure``.
  package mutating func take(_ bundle: BundleReader) throws {
    try bundle.forEachBatch { batch in
      try offer(batch.map { PageSalvage.SalvagedPack(bytes: $0.pack, pack: try Pack($0.pack)) })
    }
    try retry()
  }

  /// Offers again what was refused, as long as any of it passes.
  package mutating func retry() throws {
    var hasPassed = !refused.isEmpty
    while hasPassed {
      let waiting = refused
      refused = []
      for waiting in waiting { try offer(waiting.pack) }
      hasPassed = refused.count < waiting.count
    }
  }

  private mutating func offer(_ group: [PageSalvage.SalvagedPack]) throws {
    guard !group.isEmpty else { return }
    let before = try endPosition()
    do {
      let receipt = try store.append(group.map { .salvaged($0.bytes) }, from: source)
      admittedCount += receipt.newChangeCount
      passedCount += group.count
    } catch is LogFailure {
      // Those before the refused one are in the log; the rest, one by one.
      admittedCount += Int(clamping: try endPosition() - before)
      for pack in group { try offer(pack) }
    }
  }

  private func endPosition() throws -> UInt64 {
    try store.view(of: nil, knowing: nil, writing: nil).end.position
  }

  private mutating func offer(_ pack: PageSalvage.SalvagedPack) throws {
    switch try store.offer(pack.bytes, from: source) {
    case .admitted(let changeCount):
      admittedCount += changeCount
      passedCount += 1
    case .refused(let reason): refused.append(Refused(pack: pack, reason: reason))
    }
  }
}

/// What the gate said of one pack.
package enum PackOffer: Sendable {
  case admitted(changeCount: Int)
  /// Why, in words.
  case refused(because: String)
}

extension LogStore {
  /// Lets the gate judge a pack out of a damaged file.
  ///
  /// - `source`: the file's store.
  package func offer(_ bytes: [UInt8], from source: StoreID) throws -> PackOffer {
    do {
      return .admitted(
        changeCount: try append([.salvaged(bytes)], from: source).newChangeCount
      )
    } catch let failure as LogFailure {
      // What a refusal says of a peer's log does not hold here: nobody will ever send that log.
      try remember(Cursor(store: source, position: 0, check: PackDelivery.noCheck))
      return .refused(because: failure.description)
    }
  }
}

extension PackDelivery {
  fileprivate static let noCheck = [UInt8](repeating: 0, count: Hash.prefixByteCount)

  /// A pack as if a peer had sent it whose log is not known to any position.
  fileprivate static func salvaged(_ bytes: [UInt8]) -> PackDelivery {
    PackDelivery(pack: bytes, position: 0, check: noCheck)
  }
}
