import ArchiveSimulation
import CRDT
import ChangeLog
import GRDB
import ReplicaStorage
import SyncProtocol
import SyncSimulation
import Testing

/// What an intake of several packs leaves behind that does not come to its end.
@Suite struct IntakeFailureTests {
  private let world = TestWorld()
  private let folder = TemporaryFolder()
  private var path: String { folder.url.appending(path: "desk.stet").path }

  private func replica(of writers: WriterFixture, at path: String? = nil) throws -> Replica {
    let replica = try Replica.createForCloning(
      at: path,
      from: "memory",
      environment: world.environment(named: "anna")
    )
    try replica.adopt(writers.genesis)
    return replica
  }

  private func open() throws -> Replica {
    try Replica.open(path, environment: world.environment(named: "anna"))
  }

  /// Does something to the closed file, behind stet's back.
  private func execute(_ sql: String) throws {
    let database = try DatabaseQueue(path: path)
    try database.writeWithoutTransaction { try $0.execute(sql: sql) }
    try database.close()
  }

  /// The log's own rows, value by value.
  private func logRows(of replica: Replica) throws -> [[DatabaseValue]] {
    try replica.inspect { db in
      try ["packs", "runs", "lanes", "stores", "suspects"].flatMap { table in
        try Row.fetchAll(db, sql: "SELECT * FROM \(table)").map { Array($0.databaseValues) }
      }
    }
  }

  @Test func `what comes before a refused pack is kept whole, and nothing of the rest`() throws {
    var writers = try WriterFixture(seed: 61)
    var lane = try writers.lane()
    let packs = [try lane.pack(2), try lane.pack(2), try lane.pack(3), try lane.pack(1)]
    let (stopped, short, whole) = (
      try replica(of: writers), try replica(of: writers), try replica(of: writers)
    )
    var peer = writers.peer()
    // The third is missing.
    let deliveries = [packs[0], packs[1], packs[3]].map { peer.deliver($0) }
    #expect(throws: LogFailure.gap(ChangeID(lane: lane.id, seq: 7))) {
      try stopped.append(deliveries, from: peer.store)
    }
    _ = try short.append(Array(deliveries.prefix(2)), from: peer.store)
    #expect(try stopped.endPosition() == 4)
    #expect(try stopped.frontier() == short.frontier())
    #expect(try stopped.digest() == short.digest())
    #expect(try DerivedState.dump(stopped) == DerivedState.dump(short))
    // Of the peer's log nothing is known any more, so that it is asked what it has.
    #expect(try stopped.view(of: peer.store, knowing: nil, writing: nil).known == nil)
    let rest = [packs[2], packs[3]].map { peer.deliver($0) }
    #expect(try stopped.append(rest, from: peer.store).newChangeCount == 4)
    _ = try whole.append(packs.map { peer.deliver($0) }, from: peer.store)
    #expect(try stopped.digest() == whole.digest())
    #expect(try DerivedState.dump(stopped) == DerivedState.dump(whole))
  }

  @Test func `an error of the database undoes all packs of the intake`() throws {
    var writers = try WriterFixture(seed: 62)
    var lane = try writers.lane()
    var peer = writers.peer()
    let first = peer.deliver(try lane.pack(2))
    let deliveries = [try lane.pack(3), try lane.pack(2)].map { peer.deliver($0) }
    var anna = try replica(of: writers, at: path)
    _ = try anna.append([first], from: peer.store)
    try anna.close()
    try execute(
      """
      CREATE TRIGGER stop BEFORE INSERT ON packs WHEN NEW.position = 7
      BEGIN SELECT RAISE(ABORT, 'stopped by the test'); END
      """
    )
    anna = try open()
    let (digest, rows) = (try anna.digest(), try logRows(of: anna))
    let state = try DerivedState.dump(anna)
    #expect(throws: DatabaseError.self) {
      try anna.append(deliveries, from: peer.store)
    }
    #expect(try logRows(of: anna) == rows)
    #expect(try DerivedState.dump(anna) == state)
    #expect(try anna.digest() == digest)
    try anna.close()
    try execute("DROP TRIGGER stop")
    anna = try open()
    #expect(try anna.append(deliveries, from: peer.store).newChangeCount == 5)
    try anna.close()
    #expect(try Replica.verify(path, .full, lockTimeout: 1).damages == [])
  }

  @Test func `a fork that cannot be written leaves the lanes as they were`() throws {
    var writers = try WriterFixture(seed: 63)
    var lane = try writers.lane()
    var peer = writers.peer()
    let common = peer.deliver(try lane.pack(2))
    var twin = lane
    twin.diverge()
    let ways = [try lane.pack(2), try twin.pack(1)].map { peer.deliver($0) }
    var anna = try replica(of: writers, at: path)
    _ = try anna.append([common, ways[0]], from: peer.store)
    let check = try anna.inspect {
      try String.fetchOne($0, sql: "SELECT hex(log_check) FROM packs WHERE position = 4")
    }
    let hex = try #require(check)
    try anna.close()
    // What splits a lane does not look at it, and what appends the pack does.
    try execute(
      """
      PRAGMA ignore_check_constraints = 1;
      UPDATE packs SET log_check = x'00' WHERE position = 4
      """
    )
    anna = try open()
    let rows = try logRows(of: anna)
    #expect(throws: LogFailure.damaged("log")) {
      try anna.append([ways[1]], from: peer.store)
    }
    #expect(try logRows(of: anna) == rows)
    #expect(try anna.forks().isEmpty)
    try anna.close()
    try execute("UPDATE packs SET log_check = x'\(hex)' WHERE position = 4")
    anna = try open()
    #expect(try anna.append([ways[1]], from: peer.store).newChangeCount == 1)
    #expect(try anna.forks().map(\.branches.count) == [2])
    try anna.close()
    #expect(try Replica.verify(path, .full, lockTimeout: 1).damages == [])
  }
}
