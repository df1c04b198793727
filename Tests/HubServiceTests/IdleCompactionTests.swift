import Dispatch
import HubService
import HubStorage
import Logging
import Synchronization
import SyncProtocol
import ChangeLog
import Testing

@Suite struct IdleCompactionTests {
  /// One call of the work.
  private struct Call: Sendable {
    let archive: String
    let position: UInt64
    let mayGoOn: @Sendable () -> Bool
  }

  private let uses = ArchiveUses()
  private let storage = MemoryHubStorage { preconditionFailure("no archive is made") }

  /// Runs the compaction with a made-up work, as long as the body runs.
  private func run(
    _ work: @escaping @Sendable (Call) throws -> UInt64,
    _ body: (inout AsyncStream<Call>.Iterator) async -> Void
  ) async {
    let (stream, continuation) = AsyncStream.makeStream(of: Call.self)
    let compaction = IdleCompaction<MemoryHubStorage>(after: .milliseconds(1)) {
      _,
      archive,
      position,
      mayGoOn in
      let call = Call(archive: archive, position: position, mayGoOn: mayGoOn)
      defer { continuation.yield(call) }
      return IdleCompactionStep(position: try work(call), replacedCount: 1, savedByteCount: 1)
    }
    let task = Task { [uses, storage] in
      await compaction.run(storage, uses: uses, logger: Logger(label: "test"))
    }
    var calls = stream.makeAsyncIterator()
    await body(&calls)
    task.cancel()
    await task.value
  }

  @Test func `an archive is compacted after a use, and after the next from where it was`() async {
    uses.note("desk")
    await run({ $0.position + 7 }) { calls in
      let first = await calls.next()
      #expect(first?.archive == "desk")
      #expect(first?.position == 0)
      uses.note("desk")
      let second = await calls.next()
      #expect(second?.position == 7)
    }
  }

  @Test func `it stops when a session comes, and goes on after that`() async {
    uses.note("desk")
    let answers = Mutex<[Bool]>([])
    await run({ [uses] call in
      guard call.position == 0 else { return call.position }
      answers.withLock { $0.append(call.mayGoOn()) }
      uses.note("desk")
      answers.withLock { $0.append(call.mayGoOn()) }
      return 3
    }) { calls in
      _ = await calls.next()
      let second = await calls.next()
      #expect(second?.position == 3)
    }
    #expect(answers.withLock { $0 } == [true, false])
  }

  @Test func `it stops when the hub does`() async {
    uses.note("desk")
    let (began, continuation) = AsyncStream.makeStream(of: Void.self)
    let isTold = DispatchSemaphore(value: 0)
    let wasStopped = Mutex(false)
    let compaction = IdleCompaction<MemoryHubStorage>(after: .milliseconds(1)) {
      _,
      _,
      _,
      mayGoOn in
      continuation.yield()
      isTold.wait()
      wasStopped.withLock { $0 = !mayGoOn() }
      return IdleCompactionStep(position: 0, replacedCount: 0, savedByteCount: 0)
    }
    let task = Task { [uses, storage] in
      await compaction.run(storage, uses: uses, logger: Logger(label: "test"))
    }
    for await _ in began { break }
    task.cancel()
    isTold.signal()
    await task.value
    #expect(wasStopped.withLock { $0 })
  }

  @Test func `a failure ends it for one archive, until the next use`() async {
    struct Failure: Error {}
    uses.note("anna")
    uses.note("bert")
    await run({ call in
      if call.archive == "anna" { throw Failure() }
      return 1
    }) { calls in
      let archives = [await calls.next()?.archive, await calls.next()?.archive]
      #expect(archives == ["anna", "bert"])
      uses.note("anna")
      let third = await calls.next()
      #expect(third?.archive == "anna")
      #expect(third?.position == 0)
    }
  }
}
