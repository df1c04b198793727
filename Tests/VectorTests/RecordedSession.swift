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

  /// What came to one side's log during a session that stays.
  struct News: Codable {
    /// How many messages had gone over by then, of both sides.
    var after: Int
    var to: SessionPair.Speaker
    var brought: RecordedStore.Brought
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
  /// Of a session that stays, and that the dialler leaves in the end; absent where it does not stay.
  var news: [News]?
  /// How each side ended.
  var diallerEnd: String
  var answererEnd: String
  /// The digest of each side's frontier afterwards.
  var diallerFrontier: Hex
  var answererFrontier: Hex

  var isLive: Bool { news != nil }

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

    init(_ delivery: PackDelivery, from source: StoreID) {
      pack = Hex(delivery.pack)
      place = Place(
        Cursor(store: source, position: delivery.position, check: delivery.check)
      )
    }

    func append(to archive: MemoryHubArchive) throws {
      guard let place = place.cursor else { throw LogFailure.malformed("cursor") }
      _ = try archive.append(
        [PackDelivery(pack: pack.bytes, position: place.position, check: place.check)],
        from: place.store
      )
    }
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
    log.append(Brought(delivery, from: source))
  }

  /// The store.
  func opened() throws -> MemoryHubArchive {
    guard let id = StoreID(store.bytes) else { throw LogFailure.malformed("store id") }
    let storage = MemoryHubStorage { id }
    try storage.createArchive(named: "desk")
    let archive = try storage.archive(named: "desk")
    if let genesis { try archive.adopt(Genesis(genesis.bytes)) }
    for brought in log { try brought.append(to: archive) }
    for place in known.compactMap(\.cursor) { try archive.remember(place) }
    return archive
  }
}
