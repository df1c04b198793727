import ArchiveModel
import CRDT
import ChangeLog
import ReplicaStorage
import SyncProtocol
import SyncSimulation

/// Replicas in memory whose keys, ids and clock follow from a seed.
struct TestWorld {
  let random: SharedRandom
  let clock = VirtualClock()

  init(seed: UInt64 = 1) { random = SharedRandom(seed: seed) }

  func environment(named name: String, identities: (any Identities)? = nil) -> ReplicaEnvironment {
    ReplicaEnvironment(
      identities: identities ?? MemoryIdentities { [random] in random.bytes(32) },
      memberName: name,
      now: { [clock] in
        clock.advance(by: 1)
        return clock.now
      },
      random: { [random] in random.bytes($0) }
    )
  }

  func replica(named name: String) throws -> Replica {
    try Replica.create(at: nil, named: "desk", environment: environment(named: name))
  }

  /// An empty replica that copies another one's archive.
  func clone(of other: Replica, named name: String) throws -> Replica {
    let clone = try Replica.createForCloning(
      at: nil,
      from: "memory",
      environment: environment(named: name)
    )
    _ = try sync(clone, with: other)
    return clone
  }

  func sync(_ replica: Replica, with store: any LogStore) throws -> SessionPair.Result {
    try replica.prepareToSync()
    let genesis = try replica.genesis()
    let archive: RequestedArchive =
      genesis.map { .id($0.archive, name: $0.name) } ?? .name("desk")
    return SessionPair(dialler: replica, answerer: store, clock: clock).run(archive: archive)
  }
}

extension ReplicaWriter {
  /// Imports a made-up article.
  @discardableResult
  func importArticle(
    _ id: String,
    headline: String,
    body: String = "",
    published: String = ""
  ) throws -> ObjectID {
    var version = ArticleVersion()
    version.source = "test"
    version.sourceID = id
    version.headline = headline
    version.body = body
    version.published = published
    let record = version.record
    let object = ArticleIdentity(of: version).object
    let sighting = Sighting(
      version: VersionName(ofRecord: record),
      raw: Hash(of: record),
      fetched: 0,
      origin: "test"
    )
    try append(
      [
        Operation(field: ArticleField.versions.rawValue, kind: .add, body: record),
        Operation(field: ArticleField.sightings.rawValue, kind: .add, body: sighting.body),
      ],
      on: object,
      as: .edit
    )
    return object
  }

  func set(_ field: ArticleField, of article: ObjectID, to text: String?) throws {
    let seen = try state(of: article)?.entries(of: field.rawValue).map(\.dot) ?? []
    try append(
      [
        Operation(
          field: field.rawValue,
          kind: .write,
          names: seen,
          body: RegisterValue.body(text)
        )
      ],
      on: article,
      as: .edit
    )
  }
}
