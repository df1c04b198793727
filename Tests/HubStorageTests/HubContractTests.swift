import ChangeLog
import HubStorage
import HubStorageConformance
import HubStorageSQLite
import SyncSimulation
import Testing

@Suite struct HubContractTests {
  @Test(arguments: HubContract.allCases)
  func `archives in memory keep the contract`(_ contract: HubContract) throws {
    let random = SharedRandom(seed: 1)
    let storage = MemoryHubStorage {
      guard let store = StoreID(random.bytes(StoreID.byteCount)) else {
        preconditionFailure("a store id has as many bytes")
      }
      return store
    }
    try contract.check { storage }
  }

  @Test(arguments: HubContract.allCases)
  func `archives in SQLite keep the contract`(_ contract: HubContract) throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try contract.check { try SQLiteHubStorage(folder: folder.url) }
  }
}
