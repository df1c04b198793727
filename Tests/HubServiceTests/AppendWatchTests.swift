import ChangeLog
import HubService
import Testing

@Suite struct AppendWatchTests {
  private static func store(_ byte: UInt8) throws -> StoreID {
    try #require(StoreID([UInt8](repeating: byte, count: StoreID.byteCount)))
  }

  /// Whether a call is asked for by now.
  private static func asks(_ watch: AppendWatch) async -> Bool {
    // A cancelled reader still gets what lies there, and waits for nothing.
    let reading = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      var calls = watch.calls.makeAsyncIterator()
      return await calls.next() != nil
    }
    return await reading.value
  }

  @Test func `changes of others ask for a call, those of the remote itself do not`() async throws {
    let (remote, other) = (try Self.store(1), try Self.store(2))
    let watch = AppendWatch()
    watch.ignore(remote)
    watch.appended(by: remote)
    #expect(await !Self.asks(watch))
    let another = AppendWatch()
    another.ignore(remote)
    another.appended(by: other)
    #expect(await Self.asks(another))
  }

  @Test func `while the remote is away only time asks for a call`() async throws {
    let watch = AppendWatch()
    watch.setDeaf(true)
    watch.appended(by: try Self.store(2))
    watch.isDue()
    var calls = watch.calls.makeAsyncIterator()
    #expect(await calls.next() != nil)
    #expect(await !Self.asks(watch))
  }

  @Test func `many changes at once ask for one call`() async throws {
    let watch = AppendWatch()
    for byte in 1...9 { watch.appended(by: try Self.store(UInt8(byte))) }
    var calls = watch.calls.makeAsyncIterator()
    #expect(await calls.next() != nil)
    #expect(await !Self.asks(watch))
  }
}
