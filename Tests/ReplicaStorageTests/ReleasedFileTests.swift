import ArchiveModel
import ChangeLog
import Foundation
import ReplicaStorage
import Testing

/// An archive's file as one version of the program wrote it, with what it came to then.
struct ReleasedFile: Codable {
  var version: Int
  var digest: String
  var headlines: [String]
  /// Bytes of the file.
  var byteCount: Int
  /// The file, deflated.
  var file: Data

  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appending(path: "Fixtures")

  static func all() throws -> [ReleasedFile] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      .filter { $0.hasPrefix("replica-") }
      .map {
        try JSONDecoder().decode(
          ReleasedFile.self,
          from: Data(contentsOf: folder.appending(path: $0))
        )
      }
  }

  func save() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try (encoder.encode(self) + Data("\n".utf8))
      .write(to: Self.folder.appending(path: "replica-\(version).json"))
  }
}

@Suite final class ReleasedFileTests {
  private let folder: URL
  private let world = TestWorld(seed: 5)

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "stet-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  @Test func `today's program reads the file of every version, and goes on in it`() throws {
    let files = try ReleasedFile.all()
    #expect(files.contains { $0.version == ReplicaMigrations.all.version })
    for released in files {
      let path = folder.appending(path: "\(released.version).stet").path
      let bytes = try Deflate.decompress(Array(released.file), rawSize: released.byteCount)
      try Data(bytes).write(to: URL(filePath: path))
      let replica = try Replica.open(path, environment: world.environment(named: "anna"))
      #expect(
        (replica.upgrade == nil) == (released.version == ReplicaMigrations.all.version)
      )
      let digest = StateDigest.description(of: try replica.digest())
      #expect(digest == released.digest)
      #expect(try replica.articles().map(\.headline).sorted() == released.headlines)
      // Its tables are those of a new file.
      #expect(try Replica.verify(path, .full, lockTimeout: 1).damages.isEmpty)
      // The log still verifies and comes to the same state.
      try replica.rebuild()
      #expect(StateDigest.description(of: try replica.digest()) == digest)
      try replica.write { _ = try $0.importArticle("later", headline: "later") }
      #expect(try replica.articles().count == released.headlines.count + 1)
      try replica.close()
    }
  }

  @Test(.enabled(if: isRecording, "only Scripts/record makes fixtures anew"))
  func `recording of a replica's file`() throws {
    let path = folder.appending(path: "desk.stet").path
    let anna = try Replica.create(
      at: path,
      named: "desk",
      environment: world.environment(named: "anna")
    )
    let article = try anna.write {
      try $0.importArticle("1", headline: "Ferry stays", body: "One block.\n\nAnother block.")
    }
    try anna.write { _ = try $0.importArticle("2", headline: "Bridge", body: "Long ago.") }
    try anna.write { _ = try $0.importArticle("3", headline: "گزارش روز", body: "متن خبر") }
    let bert = try world.clone(of: anna, named: "bert")
    // Both at once: a conflict, and a text that was edited on both sides.
    try anna.write { try $0.set(.headline, of: article, to: "Anna's") }
    try bert.write { try $0.set(.headline, of: article, to: "Bert's") }
    try anna.write { _ = try $0.replace("One", by: "A", in: article) }
    try bert.write { _ = try $0.replace("Another", by: "One more", in: article) }
    try anna.write { _ = try $0.tag(article, adding: ["ferry", "harbour"], removing: []) }
    _ = try world.sync(anna, with: bert)
    try anna.addRemote(named: "origin", address: "stet://127.0.0.1:7474/desk")
    let digest = StateDigest.description(of: try anna.digest())
    let headlines = try anna.articles().map(\.headline).sorted()
    try anna.close()
    let bytes = Array(try Data(contentsOf: URL(filePath: path)))
    try ReleasedFile(
      version: ReplicaMigrations.all.version,
      digest: digest,
      headlines: headlines,
      byteCount: bytes.count,
      file: Data(Deflate.compress(bytes, level: 9))
    ).save()
  }

  private static let isRecording = ProcessInfo.processInfo.environment["STET_RECORD"] != nil
}
