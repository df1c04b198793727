import ChangeLog
import SyncProtocol
import SyncSimulation
import SyncTransport

/// A made-up machine that sends packs to a hub, as many lanes as they may be of.
struct NoteSender {
  private let log: OutgoingLog
  private let address: SyncAddress
  private let archive: ArchiveID

  /// - `seed`: another for each machine of an archive.
  init(at hub: RunningHub, seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let genesis = try hub.log.genesis()
    archive = genesis.archive
    address = try hub.address()
    log = OutgoingLog(store: .drawn(from: &random), genesis: genesis, after: try hub.log.end())
  }

  /// Sends packs in one session.
  ///
  /// - Throws: what the session throws, and ``BenchFailure`` when the hub has other changes then: only
  ///   this machine may send meanwhile.
  func send(_ packs: [WrittenPack]) async throws {
    log.append(packs)
    let session = try await SyncClient(limits: SyncLimits(), now: { 0 })
      .sync(log, with: address, archive: archive, peer: nil)
    guard session.outcome.verdict == .equal else {
      throw BenchFailure("the hub did not take all that it was sent")
    }
  }
}

extension RunningHub {
  func address() throws -> SyncAddress {
    guard let address = SyncAddress(url) else { throw BenchFailure("\(url) is no address") }
    return address
  }
}

extension StoreID {
  static func drawn(from random: inout SeededRandom) -> StoreID {
    guard let store = StoreID(random.bytes(byteCount)) else {
      preconditionFailure("a store id has as many bytes")
    }
    return store
  }
}
