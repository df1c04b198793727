import ArchiveModel
import ArchiveSimulation
import CRDT
import ChangeLog
import ReplicaStorage
import SyncProtocol
import SyncSimulation
import Testing

/// Imports, against the same changes written operation by operation: by that way the payload is encoded in the
/// writer, and the article's rows are made at the change's place.
@Suite struct ImportedVersionTests {
  /// How a version comes in: worked out ahead, by the writer, or as the operations that it amounts to.
  enum Way: CaseIterable { case prepared, imported, plain }

  @Test func `an import writes the change and the rows that its operations give`() throws {
    let plain = try archive(after: .plain)
    #expect(plain.changes.count > 40)
    for way in [Way.prepared, .imported] {
      let archive = try archive(after: way)
      #expect(archive.changes == plain.changes, "\(way)")
      #expect(archive.rows == plain.rows, "\(way)")
    }
  }

  @Test(arguments: Way.allCases)
  func `a reason goes into the change, also of an import that was prepared`(way: Way) throws {
    let anna = try TestWorld().replica(named: "anna")
    try anna.write { writer in
      writer.reason = "from the agency"
      _ = try take(Self.version(0, headline: "h"), raw: Hash(of: [1]), way, writer)
    }
    let reasons = try changes(of: anna).map { try ChangePayload(of: $0).reason }
    #expect(reasons.last == "from the agency")
  }

  @Test(arguments: Way.allCases)
  func `of a version that is there only the sighting is new, of an input nothing`(
    way: Way
  ) throws {
    let anna = try TestWorld().replica(named: "anna")
    let version = Self.version(0, headline: "h")
    let verdicts = try anna.write { writer in
      try [1, 2, 2].map { try take(version, raw: Hash(of: [$0]), way, writer) }
    }
    #expect(verdicts.map { "\($0)" } == ["new", "unchanged", "unchanged"])
    let operations = try changes(of: anna).map { try ChangePayload(of: $0).operations.count }
    #expect(operations.suffix(2) == [2, 1])
  }

  // MARK: - Archives of one seed

  private struct Archive {
    let changes: [[UInt8]]
    /// Of all derived tables.
    let rows: [String]
  }

  /// Random imports, of which many revise an article, repeat a version or repeat an input.
  private func archive(after way: Way) throws -> Archive {
    var random = SeededRandom(seed: 5)
    let anna = try TestWorld(seed: 9).replica(named: "anna")
    // The lane's beginning draws random numbers too; all ways have it behind them.
    try anna.write { _ = try $0.importArticle("first", headline: "h") }
    for _ in 0..<10 {
      try anna.write { writer in
        for _ in 0..<8 {
          let version = Self.version(
            Int.random(in: 0..<30, using: &random),
            headline: "h\(Int.random(in: 0..<3, using: &random))"
          )
          let raw = Hash(of: version.record, [UInt8.random(in: 0..<2, using: &random)])
          _ = try take(version, raw: raw, way, writer)
        }
      }
    }
    return Archive(
      changes: try changes(of: anna).map { $0.headerBytes + $0.payloadBytes },
      rows: try DerivedState.dump(anna)
    )
  }

  private static func version(_ id: Int, headline: String) -> ArticleVersion {
    var version = ArticleVersion()
    version.source = "wire"
    version.sourceID = "\(id)"
    version.headline = headline
    version.body = "Rain fell."
    version.tags = ["cocoa"]
    return version
  }

  private func take(
    _ version: ArticleVersion,
    raw: Hash,
    _ way: Way,
    _ writer: ReplicaWriter
  ) throws -> ImportVerdict {
    switch way {
    case .imported:
      return try writer.importVersion(version, raw: raw, fetched: 7, origin: "a").verdict
    case .prepared:
      // All ways draw the same random numbers, so that their changes are the same.
      let isKnown = try writer.article(ofRaw: raw) != nil
      let salt = isKnown ? [UInt8](repeating: 0, count: 16) : writer.makeSalt()
      return try writer.importVersion(
        ImportedVersion(version, raw: raw, fetched: 7, origin: "a", salt: salt)
      ).verdict
    case .plain: return try takePlainly(version, raw: raw, writer)
    }
  }

  private func takePlainly(
    _ version: ArticleVersion,
    raw: Hash,
    _ writer: ReplicaWriter
  ) throws -> ImportVerdict {
    guard try writer.article(ofRaw: raw) == nil else { return .unchanged }
    let article = ArticleIdentity(of: version).object
    let name = VersionName(ofRecord: version.record)
    let addition = Operation(
      field: ArticleField.versions.rawValue,
      kind: .add,
      body: version.record
    )
    let sighting = Operation(
      field: ArticleField.sightings.rawValue,
      kind: .add,
      body: Sighting(version: name, raw: raw, fetched: 7, origin: "a").body
    )
    let versions = try writer.state(of: article)?.entries(of: ArticleField.versions.rawValue)
    let isKnown = versions?.contains { $0.value == name.bytes } ?? false
    try writer.append(isKnown ? [sighting] : [addition, sighting], on: article, as: .edit)
    return isKnown ? .unchanged : versions == nil ? .new : .revised
  }

  private func changes(of replica: Replica) throws -> [Change] {
    try replica.everyPack().flatMap { delivery in
      try Pack(delivery.pack).runs.flatMap { try $0.unplacedChanges() }
    }
  }
}
