import ArchiveModel
import ChangeLog
import Foundation
import LogStorage
import ReplicaStorage
import SyncSimulation
import Testing

/// Backups whose packs hold, and whose manifests, well sealed, say something else of them.
@Suite struct BackupManifestTests {
  struct Lie: CustomTestStringConvertible, Sendable {
    let testDescription: String
    /// What is found, in words.
    let complaint: String
    /// What stands in the manifest, and what instead of it.
    let words: @Sendable (LogBackupManifest) -> (said: String, instead: String)
  }

  private static let other = String(repeating: "0", count: 64)

  static let lies = [
    Lie(
      testDescription: "another state",
      complaint: "its state digest is not that of the segments",
      words: { ($0.state ?? "", "\(FormatLimits.rules):\(BackupManifestTests.other)") }
    ),
    Lie(
      testDescription: "another frontier",
      complaint: "its frontier is not that of the segments",
      words: { ($0.frontier.bytes.hex, BackupManifestTests.other) }
    ),
    Lie(
      testDescription: "other changes",
      complaint: "the segments hold another number of changes, or other ones, than it names",
      words: { ($0.check.bytes.hex, BackupManifestTests.other) }
    ),
    Lie(
      testDescription: "a change more",
      complaint: "the segments hold another number of changes, or other ones, than it names",
      words: { ("\"position\":\($0.position)", "\"position\":\($0.position + 1)") }
    ),
  ]

  private let world = TestWorld()
  private let folder = TemporaryFolder()
  private let anna: Replica
  private var backup: URL { folder.url.appending(path: "backup") }
  private var file: URL { backup.appending(path: "manifest") }

  init() throws {
    anna = try world.replica(named: "anna")
    for number in 0..<3 {
      try anna.write { _ = try $0.importArticle("\(number)", headline: "h", body: "one two") }
    }
    _ = try anna.backUp(to: backup)
  }

  private func check() throws -> String? {
    try Replica.check(LogBackupReader(backup), environment: world.environment(named: "check"))
  }

  /// Writes the manifest anew with other words, and their hash.
  private func replace(_ words: String, by others: String) throws {
    let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    let line = text.prefix { $0 != "\n" }
    try #require(line.contains(words))
    let changed = line.replacing(words, with: others)
    try Data("\(changed)\n\(Hash(of: Array(changed.utf8)).bytes.hex)\n".utf8).write(to: file)
  }

  @Test(arguments: lies)
  func `a manifest that says what its packs do not is refused`(_ lie: Lie) throws {
    let whole = try Data(contentsOf: file)
    let words = lie.words(try LogBackupReader(backup).manifest)
    try replace(words.said, by: words.instead)
    let failure = LogBackupFailure.damaged("manifest", lie.complaint)
    #expect(throws: failure) { try check() }
    #expect(throws: failure) {
      try Replica.restore(
        LogBackupReader(backup),
        to: folder.url.appending(path: "restored.stet").path,
        environment: world.environment(named: "anna")
      )
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["backup"])
    try whole.write(to: file)
    #expect(try check() == StateDigest.description(of: anna.digest()))
  }

  @Test func `a state of other rules, or none, is not compared`() throws {
    let state = StateDigest.description(of: try anna.digest())
    let others = "\(FormatLimits.rules + 1):\(Self.other)"
    try replace(state, by: others)
    #expect(try check() == state)
    try replace("\"state\":\"\(others)\",", by: "")
    #expect(try LogBackupReader(backup).manifest.state == nil)
    #expect(try check() == state)
  }
}
