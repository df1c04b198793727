import ChangeLog
import HubStorage
import SyncProtocol
import SyncSimulation

/// A session between two stores, message by message, as it once went.
///
/// Recorded once and kept: signatures and compressed packs would come out otherwise today, and
/// that is the point.
struct RecordedSession: Codable {
  struct Message: Codable {
    var from: SessionPair.Speaker
    var message: Hex
  }

  var description: String
  /// Of both clocks, ms.
  var time: Int64
  var name: String
  /// What the dialler asks for; absent where it knows the name alone.
  var archive: Hex?
  var dialler: RecordedStore
  var answerer: RecordedStore
  var messages: [Message]
  /// How each side ended.
  var diallerEnd: String
  var answererEnd: String
  /// The digest of each side's frontier afterwards.
  var diallerFrontier: Hex
  var answererFrontier: Hex

  var request: RequestedArchive {
    archive.flatMap { ArchiveID($0.bytes) }.map { .id($0, name: name) } ?? .name(name)
  }
}

/// What a store held before a session.
struct RecordedStore: Codable {
  struct Place: Codable {
    var store: Hex
    var position: UInt64
    var check: Hex

    init(_ cursor: Cursor) {
      store = Hex(cursor.store.bytes)
      position = cursor.position
      check = Hex(cursor.check)
    }

    var cursor: Cursor? {
      StoreID(store.bytes).map { Cursor(store: $0, position: position, check: check.bytes) }
    }
  }

  /// A pack, and where it lies in the log of the store that brought it.
  struct Brought: Codable {
    var pack: Hex
    var place: Place
  }

  var store: Hex
  var genesis: Hex?
  var log: [Brought] = []
  /// How far other logs are known.
  var known: [Place] = []

  init(store: [UInt8], genesis: Genesis? = nil) {
    self.store = Hex(store)
    self.genesis = genesis.map { Hex($0.bytes) }
  }

  mutating func append(_ delivery: PackDelivery, from source: StoreID) {
    let place = Cursor(store: source, position: delivery.position, check: delivery.check)
    log.append(Brought(pack: Hex(delivery.pack), place: Place(place)))
  }

  /// The store.
  func opened() throws -> MemoryHubArchive {
    guard let id = StoreID(store.bytes) else { throw LogFailure.malformed("store id") }
    let storage = MemoryHubStorage { id }
    try storage.createArchive(named: "desk")
    let archive = try storage.archive(named: "desk")
    if let genesis { try archive.adopt(Genesis(genesis.bytes)) }
    for brought in log {
      guard let place = brought.place.cursor else { throw LogFailure.malformed("cursor") }
      _ = try archive.append(
        [PackDelivery(pack: brought.pack.bytes, position: place.position, check: place.check)],
        from: place.store
      )
    }
    for place in known.compactMap(\.cursor) { try archive.remember(place) }
    return archive
  }
}
