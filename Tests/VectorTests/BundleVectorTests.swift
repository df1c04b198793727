import ChangeLog
import Foundation
import HubStorageConformance
import LogStorage
import ReplicaStorage
import SyncSimulation
import Testing

struct BundleVectors: Codable {
  struct Bundle: Codable {
    var description: String
    var bytes: Hex
    var packs: Int
    var changes: UInt64
    /// Those whose chain and signature can be verified in the bundle alone.
    var verified: UInt64
    /// What it begins behind, and where the store's log ended, as people copy them.
    var begin: String
    var end: String
    var buildsOn: [Need]
  }

  struct Need: Codable, Hashable {
    var lane: Hex
    var seq: UInt64
    /// The prefix of the change's hash.
    var hash: Hex
  }

  struct Refused: Codable {
    var description: String
    var bytes: Hex
    /// not a bundle, damaged or newer.
    var failure: String
  }

  var description: String
  var bundles: [Bundle]
  var refused: [Refused]
}

@Suite struct BundleVectorTests {
  @Test func `bundles can be read, and say what they build on`() throws {
    let vectors = try VectorFile.load("bundle", as: BundleVectors.self)
    #expect(!vectors.bundles.isEmpty)
    for vector in vectors.bundles {
      let files = try BackupFiles()
      let bundle = try BundleReader(files.put(vector.bytes))
      let survey = try bundle.survey()
      #expect(survey.packCount == vector.packs)
      #expect(survey.changeCount == vector.changes)
      #expect(survey.verifiedCount == vector.verified)
      #expect("\(bundle.head.begin)" == vector.begin)
      #expect("\(bundle.head.end)" == vector.end)
      #expect(Set(survey.needs) == Set(vector.buildsOn))
      #expect(try vector.bytes.bytes.starts(with: bundle.head.encoded()))
    }
  }

  @Test func `damaged and newer bundles are refused`() throws {
    let vectors = try VectorFile.load("bundle", as: BundleVectors.self)
    #expect(!vectors.refused.isEmpty)
    for vector in vectors.refused {
      let files = try BackupFiles()
      #expect("\(vector.description)") {
        try BundleReader(files.put(vector.bytes)).survey()
      } throws: { error in
        switch error as? BundleFailure {
        case .notABundle: vector.failure == "not a bundle"
        case .damaged: vector.failure == "damaged"
        case .newer: vector.failure == "newer"
        default: false
        }
      }
    }
  }

  @Test(.enabled(if: VectorFile.isRecording, "only Scripts/record makes vectors anew"))
  func `recording of bundles`() throws {
    try VectorFile.save("bundle", BundleRecorder.vectors())
  }
}

extension BundleSurvey {
  fileprivate var needs: [BundleVectors.Need] {
    prerequisites.sorted { $0.key < $1.key }.map {
      BundleVectors.Need(
        lane: Hex($0.key.bytes),
        seq: $0.value.seq,
        hash: Hex($0.value.hashPrefix)
      )
    }
  }
}

extension BackupFiles {
  /// A file with these bytes.
  fileprivate func put(_ bytes: Hex) throws -> String {
    let file = url.appending(path: "made.bundle")
    try Data(bytes.bytes).write(to: file)
    return file.path
  }
}

/// Makes bundles, and damages them.
private enum BundleRecorder {
  static func vectors() throws -> BundleVectors {
    let bundles = [
      try bundle("a whole log", behind: 0),
      try bundle("what came after two packs", behind: 2),
      try bundle("nothing new", behind: 5),
    ]
    let whole = bundles[0].bytes.bytes
    func refused(
      _ description: String,
      _ bytes: [UInt8],
      _ failure: String
    )
      -> BundleVectors.Refused
    {
      BundleVectors.Refused(description: description, bytes: Hex(bytes), failure: failure)
    }
    func flipped(_ place: Int) -> [UInt8] {
      var bytes = whole
      bytes[place] ^= 1
      return bytes
    }
    return BundleVectors(
      description: "Bundles, as hexadecimal bytes, with what they say and build on; and some that "
        + "are refused, with the failure.",
      bundles: bundles,
      refused: [
        refused("no bytes", [], "not a bundle"),
        refused("another beginning", flipped(0), "not a bundle"),
        refused("a flipped bit in the head", flipped(20), "damaged"),
        refused("a flipped bit in a pack", flipped(whole.count - 40), "damaged"),
        refused("a flipped bit in the hash", flipped(whole.count - 1), "damaged"),
        refused("a byte less", whole.dropLast(), "damaged"),
        refused("a byte more", whole + [0], "damaged"),
        refused("format 2", newer(whole), "newer"),
      ]
    )
  }

  /// The same bundle as if a later version had made it.
  private static func newer(_ bytes: [UInt8]) -> [UInt8] {
    let preface = Array(bytes.prefix(15))
    let line = String(
      decoding: bytes.dropFirst(15).prefix { $0 != UInt8(ascii: "\n") },
      as: UTF8.self
    )
    let changed = Array(line.replacing(#""format":1"#, with: #""format":2"#).utf8)
    let rest = bytes.dropFirst(15 + line.utf8.count + 66).dropLast(32)
    let all = preface + changed + Array("\n\(Hash(of: changed).bytes.hex)\n".utf8) + rest
    return all + Hash(of: all).bytes
  }

  private static func bundle(
    _ description: String,
    behind packCount: Int
  ) throws -> BundleVectors.Bundle {
    var writer = try WriterFixture(seed: 23)
    let random = SharedRandom(seed: 23)
    let replica = try Replica.createForCloning(
      at: nil,
      from: "vectors",
      environment: ReplicaEnvironment(
        identities: MemoryIdentities { random.bytes(32) },
        memberName: "anna",
        now: { 1_600_000_000_000 },
        random: { random.bytes($0) }
      )
    )
    try replica.adopt(writer.genesis)
    var peer = writer.peer()
    let packs = try writer.history(laneCount: 2, packCount: 5)
    _ = try replica.append(packs.map { peer.deliver($0) }, from: peer.store)
    let position = packs.prefix(packCount).reduce(0) { $0 + $1.changes.count }
    let files = try BackupFiles()
    let path = files.url.appending(path: "made.bundle").path
    _ = try replica.writeBundle(to: path, from: BundleBeginning(position: UInt64(position)))
    let bundle = try BundleReader(path)
    let survey = try bundle.survey()
    return BundleVectors.Bundle(
      description: description,
      bytes: Hex(Array(try Data(contentsOf: URL(filePath: path)))),
      packs: survey.packCount,
      changes: survey.changeCount,
      verified: survey.verifiedCount,
      begin: "\(bundle.head.begin)",
      end: "\(bundle.head.end)",
      buildsOn: survey.needs
    )
  }
}
