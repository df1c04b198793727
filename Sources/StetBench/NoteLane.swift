import ArchiveModel
import CRDT
import ChangeLog
import SyncSimulation

/// A sealed pack, and what is in it.
struct WrittenPack: Sendable {
  let bytes: [UInt8]
  let changes: [Change]
  let writingKey: PublicKey
  /// The lane's hash before the pack.
  let previous: Hash
}

/// An article that made-up machines write notes on; keys and contents follow from a seed.
struct NotedArticle: Sendable {
  /// The pack that brings the article, and begins the lane of whoever does.
  let founding: WrittenPack
  /// Where the notes are.
  fileprivate let target: Operation
  fileprivate let versionHash: Hash
  private let archive: ArchiveID
  private var random: SeededRandom

  /// - `seed`: another for each article of an archive.
  init(in archive: ArchiveID, seed: UInt64) throws {
    self.archive = archive
    random = SeededRandom(seed: seed)
    var version = ArticleVersion()
    version.source = "made up"
    version.sourceID = "\(seed)"
    version.headline = "An article with many notes"
    version.body = "Everybody has something to say about this."
    let record = version.record
    let article = ArticleIdentity(of: version).object

    let key = PrivateKey(drawnFrom: &random)
    var writer = LaneWriter(archive: archive, key: key, head: nil)
    var draft = PackDraft(after: writer)
    let member = PrivateKey(drawnFrom: &random)
    let certification = try Certification(of: key.publicKey, by: member, in: archive)
    draft.append(try writer.write(.beginning(certification), salt: random.bytes(16)))
    let addition = ChangeDraft(
      object: article,
      changeClass: .edit,
      operations: [Operation(field: ArticleField.versions.rawValue, kind: .add, body: record)],
      time: noteTime
    )
    let change = try writer.write(addition, salt: random.bytes(16))
    draft.append(change)
    founding = try WrittenPack(
      draft,
      by: writer,
      after: .beforeLane(archive: archive, writingKey: key.publicKey)
    )
    versionHash = change.hash
    target = AnnotationTarget(
      article: article,
      version: VersionName(ofRecord: record),
      passage: nil
    ).operation(versionDot: Dot(lane: change.lane, seq: change.header.seq, index: 0))
  }

  /// A new person's machine that has written nothing yet.
  mutating func lane() throws -> NoteLane {
    try NoteLane(in: archive, on: self, seed: random.next())
  }
}

/// A lane of notes, signed as any other.
struct NoteLane: Sendable {
  private var writer: LaneWriter
  private let certification: Certification
  private let article: NotedArticle
  private var random: SeededRandom

  fileprivate init(in archive: ArchiveID, on article: NotedArticle, seed: UInt64) throws {
    self.article = article
    random = SeededRandom(seed: seed)
    let key = PrivateKey(drawnFrom: &random)
    let member = PrivateKey(drawnFrom: &random)
    writer = LaneWriter(archive: archive, key: key, head: nil)
    certification = try Certification(of: key.publicKey, by: member, in: archive)
  }

  /// The lane's first change, in which its member certifies it.
  mutating func beginning() throws -> WrittenPack {
    try sealed(.beginning(certification))
  }

  /// A note of 60 characters on the article.
  mutating func note() throws -> WrittenPack {
    guard
      let object = ObjectID(
        type: ObjectType.annotation.rawValue,
        bytes: random.bytes(ObjectID.byteCount)
      )
    else { preconditionFailure("an object id has as many bytes") }
    let text = random.bytes(30).hex
    let operations = [
      article.target,
      Operation(
        field: AnnotationField.motivation.rawValue,
        kind: .write,
        body: RegisterValue.body("commenting")
      ),
      Operation(
        field: AnnotationField.note.rawValue,
        kind: .edit,
        body: TextEditBody.body([Hunk(position: 0, deleteCount: 0, insert: text)])
      ),
    ]
    return try sealed(
      ChangeDraft(
        object: object,
        changeClass: .annotate,
        operations: operations,
        time: noteTime
      )
    )
  }

  private mutating func sealed(_ change: ChangeDraft) throws -> WrittenPack {
    let previous = writer.hash
    var draft = PackDraft(after: writer)
    draft.append(
      try writer.write(change, salt: random.bytes(16)) { [article] _ in article.versionHash }
    )
    return try WrittenPack(draft, by: writer, after: previous)
  }
}

/// The authors' clock, ms.
private let noteTime: Int64 = 1_500_000_000_000

extension WrittenPack {
  /// Seals a draft as the program does with small ones.
  fileprivate init(_ draft: PackDraft, by writer: LaneWriter, after previous: Hash) throws {
    guard let head = draft.head else { preconditionFailure("a pack has changes") }
    writingKey = writer.publicKey
    self.previous = previous
    bytes = try draft.sealed(signature: writer.signature(of: head), level: 9)
    changes = draft.changes
  }
}

extension LaneWriter {
  /// Writes a change that names none of another lane.
  fileprivate mutating func write(_ draft: ChangeDraft, salt: [UInt8]) throws -> Change {
    try write(draft, salt: salt) { throw LogFailure.gap($0) }
  }
}

extension ChangeDraft {
  fileprivate static func beginning(_ certification: Certification) -> ChangeDraft {
    ChangeDraft(
      object: .profile(of: certification.member),
      changeClass: .identity,
      operations: [certification.operation],
      time: noteTime
    )
  }
}

extension PrivateKey {
  fileprivate init(drawnFrom random: inout SeededRandom) {
    guard let key = PrivateKey(seed: random.bytes(32)) else {
      preconditionFailure("a key's seed has as many bytes")
    }
    self = key
  }
}
