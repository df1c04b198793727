import ChangeLog
import Foundation
import HubStorage
import HubStorageConformance
import HubStorageSQLite
import LogStorage
import SyncSimulation
import Testing

struct BackupVectors: Codable {
  struct Backup: Codable {
    var description: String
    /// The two lines of the manifest.
    var manifest: String
    /// The segments, in order.
    var segments: [Hex]
    var changes: UInt64
    /// The digest of the frontier.
    var frontier: Hex
  }

  struct Refused: Codable {
    var description: String
    var manifest: String
    var segments: [Hex]
    /// The file that is damaged; absent where the backup is of a newer format.
    var damaged: String?
  }

  var description: String
  var backups: [Backup]
  var refused: [Refused]
}

@Suite struct BackupVectorTests {
  @Test func `backups can be read and restored`() throws {
    let vectors = try VectorFile.load("backup", as: BackupVectors.self)
    #expect(!vectors.backups.isEmpty)
    for vector in vectors.backups {
      let folder = try BackupFiles(manifest: vector.manifest, segments: vector.segments)
      let backup = try LogBackupReader(folder.url)
      #expect(backup.manifest.position == vector.changes)
      #expect(backup.manifest.frontier.bytes == vector.frontier.bytes)
      #expect(try backup.manifest.encoded() == Array(vector.manifest.utf8))
      try SQLiteHubStorage.check(backup)
    }
  }

  @Test func `damaged and newer backups are refused`() throws {
    let vectors = try VectorFile.load("backup", as: BackupVectors.self)
    #expect(!vectors.refused.isEmpty)
    for vector in vectors.refused {
      let folder = try BackupFiles(manifest: vector.manifest, segments: vector.segments)
      #expect("\(vector.description)") {
        try SQLiteHubStorage.check(LogBackupReader(folder.url))
      } throws: { error in
        switch error as? LogBackupFailure {
        case .damaged(let file, _): file == vector.damaged
        case .newer: vector.damaged == nil
        default: false
        }
      }
    }
  }

  @Test(.enabled(if: VectorFile.isRecording, "only Scripts/record makes vectors anew"))
  func `recording of backups`() throws {
    try VectorFile.save("backup", BackupRecorder.vectors())
  }
}

/// The files of a backup in a folder that goes with this value.
final class BackupFiles {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "stet-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  convenience init(manifest: String, segments: [Hex]) throws {
    try self.init()
    try Data(manifest.utf8).write(to: url.appending(path: "manifest"))
    for (place, segment) in segments.enumerated() {
      try Data(segment.bytes).write(to: url.appending(path: "segment-00000\(place + 1)"))
    }
  }

  func text(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: url.appending(path: name)), as: UTF8.self)
  }

  func segments() throws -> [Hex] {
    try FileManager.default.contentsOfDirectory(atPath: url.path)
      .filter { $0.hasPrefix("segment-") }.sorted()
      .map { Hex(Array(try Data(contentsOf: url.appending(path: $0)))) }
  }

  deinit { try? FileManager.default.removeItem(at: url) }
}

/// Makes backups, and damages them.
enum BackupRecorder {
  static func vectors() throws -> BackupVectors {
    let backups = [
      try backup("an archive that nothing was synced into", packCount: 0),
      try backup("two segments", packCount: 4),
    ]
    let whole = backups[1]
    func refused(
      _ description: String,
      manifest: String? = nil,
      segments: [Hex]? = nil,
      damaged: String?
    ) -> BackupVectors.Refused {
      BackupVectors.Refused(
        description: description,
        manifest: manifest ?? whole.manifest,
        segments: segments ?? whole.segments,
        damaged: damaged
      )
    }
    var flipped = whole.segments
    var bytes = flipped[0].bytes
    bytes[bytes.count - 1] ^= 1
    flipped[0] = Hex(bytes)
    var short = whole.segments
    short[1] = Hex(short[1].bytes.dropLast())
    let line = whole.manifest.prefix { $0 != "\n" }
    return BackupVectors(
      description: "Backups of hubs: the manifest as text, the segments as hexadecimal bytes; and "
        + "backups that are refused, with the file that is damaged.",
      backups: backups,
      refused: [
        refused("a flipped bit in a segment", segments: flipped, damaged: "segment-000001"),
        refused("a segment that ends too early", segments: short, damaged: "segment-000002"),
        refused("a missing segment", segments: [whole.segments[0]], damaged: "segment-000002"),
        refused(
          "a manifest with another hash",
          manifest: line + "\n" + String(repeating: "0", count: 64) + "\n",
          damaged: "manifest"
        ),
        refused("a manifest without a hash", manifest: line + "\n", damaged: "manifest"),
        refused(
          "another frontier",
          manifest: signed(
            line.replacing(whole.frontier.bytes.hex, with: String(repeating: "0", count: 64))
          ),
          damaged: "manifest"
        ),
        refused(
          "format 2",
          manifest: signed(line.replacing(#""format":1"#, with: #""format":2"#)),
          damaged: nil
        ),
      ]
    )
  }

  private static func signed(_ line: some StringProtocol) -> String {
    "\(line)\n\(Hash(of: Array(line.utf8)).bytes.hex)\n"
  }

  private static func backup(_ description: String, packCount: Int) throws -> BackupVectors.Backup {
    var writer = try WriterFixture(seed: 22)
    let data = try BackupFiles()
    let folder = try BackupFiles()
    let storage = try SQLiteHubStorage(folder: data.url)
    try storage.createArchive(named: "desk")
    let archive = try storage.archive(named: "desk")
    if packCount > 0 {
      try archive.adopt(writer.genesis)
      var peer = writer.peer()
      let packs = try writer.history(laneCount: 2, packCount: packCount)
      _ = try archive.append(packs.map { peer.deliver($0) }, from: peer.store)
    }
    let receipt = try storage.backUp(
      "desk",
      to: folder.url,
      time: 1_600_000_000_000,
      segmentByteLimit: 900
    )
    return BackupVectors.Backup(
      description: description,
      manifest: try folder.text("manifest"),
      segments: try folder.segments(),
      changes: receipt.manifest.position,
      frontier: Hex(receipt.manifest.frontier.bytes)
    )
  }
}
