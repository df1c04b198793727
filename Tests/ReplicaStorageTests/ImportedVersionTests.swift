import ArchiveModel
import ChangeLog
import ReplicaStorage
import SyncProtocol
import SyncSimulation
import Testing

/// Versions that were worked out without the archive, against the same ones taken step by step.
@Suite struct ImportedVersionTests {
  /// How a version comes in.
  enum Way: CaseIterable { case prepared, plain }

  @Test func `an import that was prepared elsewhere writes what the plain one writes`() throws {
    let logs = try Way.allCases.map { try log(after: $0) }
    #expect(logs[0].changes == logs[1].changes)
    #expect(logs[0].changes.count > 40)
    #expect(logs[0].digest == logs[1].digest)
    for log in logs { #expect(log.digest == log.rebuilt) }
  }

  @Test(arguments: Way.allCases)
  func `a reason goes into the change, also of an import that was prepared`(way: Way) throws {
    let anna = try TestWorld().replica(named: "anna")
    try anna.write { writer in
      writer.reason = "from the agency"
      _ = try take(Self.version(0, headline: "h"), way, writer)
    }
    let reasons = try changes(of: anna).map { try ChangePayload(of: $0).reason }
    #expect(reasons.last == "from the agency")
  }

  @Test func `of a version that is there only the sighting is new`() throws {
    for way in Way.allCases {
      let anna = try TestWorld().replica(named: "anna")
      let version = Self.version(0, headline: "h")
      let verdicts = try anna.write { writer in
        try [1, 2, 2].map { try take(version, raw: Hash(of: [$0]), way, writer) }
      }
      #expect(verdicts == ["new", "unchanged", "unchanged"])
      let operations = try changes(of: anna).map { try ChangePayload(of: $0).operations.count }
      #expect(operations.suffix(2) == [2, 1])
    }
  }

  // MARK: - Two replicas of one seed

  private struct Log {
    let changes: [[UInt8]]
    let digest: Hash
    let rebuilt: Hash
  }

  /// Random imports, of which many revise an article, repeat a version or repeat an input.
  private func log(after way: Way) throws -> Log {
    var random = SeededRandom(seed: 5)
    let anna = try TestWorld(seed: 9).replica(named: "anna")
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
    let digest = try anna.digest()
    let changes = try changes(of: anna).map { $0.headerBytes + $0.payloadBytes }
    try anna.rebuild()
    return Log(changes: changes, digest: digest, rebuilt: try anna.digest())
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
    raw: Hash = Hash(of: [1]),
    _ way: Way,
    _ writer: ReplicaWriter
  ) throws -> String {
    let verdict =
      switch way {
      case .plain: try writer.importVersion(version, raw: raw, fetched: 7, origin: "a").verdict
      case .prepared:
        try writer.importVersion(
          ImportedVersion(
            version,
            raw: raw,
            fetched: 7,
            origin: "a",
            // Both ways draw the same random numbers, so that their changes are the same.
            salt: try writer.article(ofRaw: raw) == nil ? writer.makeSalt() : []
          )
        ).verdict
      }
    return "\(verdict)"
  }

  private func changes(of replica: Replica) throws -> [Change] {
    let request = PackRequest(
      after: 0,
      upTo: .max,
      selection: .beyond(.empty),
      byteLimit: .max,
      packLimit: .max
    )
    return try replica.packs(request).packs.flatMap { delivery in
      try Pack(delivery.pack).runs.flatMap { try $0.unplacedChanges() }
    }
  }
}
