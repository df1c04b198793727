package import ArchiveModel
package import CRDT
package import ChangeLog
internal import Dispatch
internal import Foundation
internal import GRDB
internal import LogStorage
internal import Synchronization

/// Writes the changes of one action inside a transaction.
///
/// Each change shows in the state at once; packs are compressed on another core meanwhile.
package final class ReplicaWriter {
  /// Raw bytes per pack of an import.
  private static let packTargetByteCount = 256 << 10
  /// Packs compressed at once; more would only wait in memory.
  private static let sealingLimit = 8

  let db: Database
  private let environment: ReplicaEnvironment
  private let log: SQLiteLog
  private let tree: LaneTree
  let state: StateWriter
  private let time: Int64
  private var lane: LaneWriter?
  private var draft: PackDraft?
  private var beginnings: [LaneID: Certification] = [:]
  private var sealing: [SealingPack] = []
  private var position: UInt64
  /// The action that the changes belong to; `nil` before its first change.
  package private(set) var action: ChangeID?
  /// Why, in the user's words; stands in every change written after it was set.
  package var reason = ""
  /// The action that the changes written from now on take back.
  package var undoes: ChangeID?

  /// - `action`: the action that is being continued, as far as this machine still writes its lane.
  init(_ db: Database, environment: ReplicaEnvironment, action: ChangeID?) throws {
    self.db = db
    let lane = try Replica.lane(db)
    self.action = action.flatMap { $0.lane == lane ? $0 : nil }
    self.environment = environment
    log = SQLiteLog(db)
    tree = try log.laneTree()
    state = StateWriter(db)
    time = environment.now()
    position = try log.end().position
  }

  // MARK: - What is there

  /// The state of an object with everything written so far; `nil` when nothing is known of it.
  package func state(of object: ObjectID) throws -> ObjectState? {
    try state.settle(object)
    return try state.store.existingNumber(of: object).map { try state.store.state(of: $0) }
  }

  /// An article with everything written so far; `nil` when there is none.
  package func article(_ id: ObjectID) throws -> (article: Article, state: ObjectState)? {
    try state.settle(id)
    guard let number = try state.store.existingNumber(of: id) else { return nil }
    let objectState = try state.store.state(of: number)
    let versions = try state.store.versions(of: number)
    return (Article(id: id, state: objectState, versions: versions), objectState)
  }

  /// The versions of an article that can be read.
  package func versions(of id: ObjectID) throws -> [VersionName: ArticleVersion] {
    try state.store.existingNumber(of: id).map { try state.store.versions(of: $0) } ?? [:]
  }

  /// Where the passages of an article's annotations stand.
  func passages(of article: Article) throws -> ArticlePassages {
    try state.settle(article.id)
    guard let number = try state.store.existingNumber(of: article.id) else {
      throw ReplicaFailure.noSuchItem("article \(article.id.bytes.hex)")
    }
    return ArticlePassages(
      of: article,
      number: number,
      versions: try state.store.versions(of: number),
      state.store
    )
  }

  /// Who every scalar of a text is; `nil` when nobody edited it.
  func identities(of text: TextID, in object: ObjectID) throws -> [ScalarOrigin]? {
    try state.settle(object)
    return try state.store.existingNumber(of: object)
      .flatMap { try state.store.history(of: text, in: $0)?.identities }
  }

  /// The article that a raw input became.
  package func article(ofRaw raw: Hash) throws -> ObjectID? {
    guard let number = try state.store.object(ofRawInput: raw) else { return nil }
    return try state.store.article(number)
  }

  /// A new object id.
  package func makeObject(_ type: ObjectType) -> ObjectID {
    guard let id = ObjectID(type: type.rawValue, bytes: environment.random(ObjectID.byteCount))
    else { preconditionFailure("random gave another number of bytes") }
    return id
  }

  // MARK: - Writing

  /// Writes one change.
  ///
  /// - Returns: the change's name.
  /// - Throws: `LogFailure.tooLarge` when it is above the format's limits, ``ReplicaFailure`` when a text
  ///   can hold no more.
  @discardableResult
  package func append(
    _ operations: [ChangeLog.Operation],
    on object: ObjectID,
    as changeClass: ChangeHeader.Class
  ) throws -> ChangeID {
    try checkSizes(of: operations, on: object)
    try checkWeights(of: operations, on: object)
    try openLaneIfNeeded()
    return try write(
      ChangeDraft(
        object: object,
        changeClass: changeClass,
        operations: operations,
        time: time,
        action: action?.seq,
        reason: reason,
        undoes: undoes
      ),
      salt: makeSalt()
    )
  }

  /// Writes the change that an imported version becomes.
  ///
  /// - `isVersionKnown`: whether the article has the version, so that only its sighting is new.
  /// - Throws: `LogFailure.tooLarge` when it is above the format's limits.
  func append(_ imported: ImportedVersion, isVersionKnown: Bool) throws {
    let operations = isVersionKnown ? [imported.sighting] : imported.operations
    try checkSizes(of: operations, on: imported.article)
    try openLaneIfNeeded()
    let isPrepared = !isVersionKnown && reason.isEmpty && undoes == nil
    let draft =
      if isPrepared, let payload = imported.payload {
        ChangeDraft(payload, changeClass: .edit, time: time, action: action?.seq)
      } else {
        ChangeDraft(
          object: imported.article,
          changeClass: .edit,
          operations: operations,
          time: time,
          action: action?.seq,
          reason: reason,
          undoes: undoes
        )
      }
    try write(draft, salt: imported.salt, making: isVersionKnown ? nil : imported.fresh)
  }

  /// Random bytes for the payload of one change.
  package func makeSalt() -> [UInt8] { environment.random(PreparedPayload.saltByteCount) }

  /// What the merge would pass over must not look as if it had been taken.
  private func checkSizes(of operations: [ChangeLog.Operation], on object: ObjectID) throws {
    let isArticle = object.type == ObjectType.article.rawValue
    for operation in operations
    where operation.body.count > FormatLimits.valueByteLimit
      && operation.kind != ChangeLog.Operation.Kind.edit.rawValue
      && !(isArticle && operation.field == ArticleField.versions.rawValue)
    {
      throw LogFailure.tooLarge("value")
    }
  }

  /// A text does not become overfull by what is written here.
  private func checkWeights(of operations: [ChangeLog.Operation], on object: ObjectID) throws {
    let edits = operations.filter { $0.isOf(.edit) }
    guard !edits.isEmpty, let number = try state.store.existingNumber(of: object) else { return }
    let interpretation = Interpretation { _ in true }
    var weights: [TextID: Int] = [:]
    for edit in edits {
      let found = try interpretation.text(of: edit, on: object) {
        try state.store.version(broughtBy: $0, to: number)
      }
      guard let (text, parents) = found, let hunks = TextEditBody.hunks(edit.body) else { continue }
      let known = try weights[text] ?? state.weight(of: text, in: number)
      weights[text] = known + TextWeight.of(hunks, parentCount: parents.count)
    }
    guard weights.values.allSatisfy({ $0 <= TextWeight.limit }) else {
      throw ReplicaFailure.textIsFull(object)
    }
  }

  /// - `fresh`: what the operations make of an object that is not there, in a change anywhere.
  @discardableResult
  private func write(
    _ draft: ChangeDraft,
    salt: [UInt8],
    making fresh: FreshObject? = nil
  ) throws -> ChangeID {
    guard var lane else { preconditionFailure("a lane is opened before the first change") }
    let before = lane
    let change = try lane.write(draft, salt: salt, tree: tree) { [log] id in
      guard let hash = try log.hash(of: id) else { throw LogFailure.gap(id) }
      return hash
    }
    let byteCount = change.headerBytes.count + change.payloadBytes.count
    if let full = self.draft,
      !full.hasRoom(for: byteCount, targetByteCount: Self.packTargetByteCount)
    {
      try seal(full, by: before)
      self.draft = nil
    }
    if self.draft == nil { self.draft = PackDraft(after: before) }
    self.draft?.append(change)
    self.lane = lane
    position += 1
    try state.apply(
      change,
      at: position,
      read: ReadChange(change, writtenFrom: draft, making: fresh)
    )
    action = action ?? change.action
    return change.id
  }

  /// The member of this machine.
  func ownMember() throws -> PublicKey { try environment.identities.memberKey().publicKey }

  func openLaneIfNeeded() throws {
    if lane == nil { try openLane() }
  }

  /// Takes up the lane that this machine writes; begins one, certified by the member, where there
  /// is none or its key is not here.
  private func openLane() throws {
    guard let archive = try log.genesis()?.archive else {
      throw ReplicaFailure.unacceptable("the archive has not been copied here yet")
    }
    if let id = try Replica.lane(db), let key = try environment.identities.writingKey(of: id) {
      lane = LaneWriter(archive: archive, key: key, head: try log.head(of: id))
      return
    }
    // What was begun in another lane does not go on here.
    action = nil
    let key = try environment.identities.makeWritingKey()
    let member = try environment.identities.memberKey()
    let certification = try Certification(of: key.publicKey, by: member, in: archive)
    let id = LaneID(writingKey: key.publicKey)
    beginnings[id] = certification
    try db.execute(sql: "UPDATE replica SET lane = ?", arguments: [id.bytes.blob])
    try begin(LaneWriter(archive: archive, key: key, head: nil), certification)
  }

  /// Writes the lane's first change.
  ///
  /// It is a pack of its own, so that the log knows the lane when the state first refers to it.
  private func begin(_ writer: LaneWriter, _ certification: Certification) throws {
    var writer = writer
    let profile = ObjectID.profile(of: certification.member)
    var operations = [certification.operation]
    let names = try state(of: profile)?.entries(of: ProfileField.name.rawValue) ?? []
    if names.shown.flatMap({ RegisterValue.text($0.value) }) == nil {
      operations.append(
        ChangeLog.Operation(
          field: ProfileField.name.rawValue,
          kind: .write,
          names: names.map(\.dot),
          body: RegisterValue.body(
            try String.fetchOne(db, sql: "SELECT member_name FROM replica")
          )
        )
      )
    }
    var pack = PackDraft(after: writer)
    let change = try writer.write(
      ChangeDraft(object: profile, changeClass: .identity, operations: operations, time: time),
      salt: makeSalt(),
      tree: tree
    ) { [log] id in
      guard let hash = try log.hash(of: id) else { throw LogFailure.gap(id) }
      return hash
    }
    pack.append(change)
    lane = writer
    try seal(pack, by: writer)
    try drainSealing(downTo: 0)
    position += 1
    try state.apply(change, at: position)
  }

  /// Signs a pack and starts to compress it.
  private func seal(_ pack: PackDraft, by lane: LaneWriter) throws {
    guard let head = pack.head else { return }
    let signature = try lane.signature(of: head)
    sealing.append(SealingPack(pack, signature: signature))
    try drainSealing(downTo: Self.sealingLimit)
  }

  /// Appends compressed packs to the log, oldest first, until so many are left.
  private func drainSealing(downTo count: Int) throws {
    while sealing.count > count {
      let pack = sealing.removeFirst()
      try log.append(
        try pack.wait(),
        spans: [pack.draft.span],
        hashes: pack.draft.changes.map(\.hash),
        beginnings: beginnings,
        from: nil
      )
    }
  }

  /// Ends the action: everything is in the log.
  func finish() throws {
    if let draft, let lane { try seal(draft, by: lane) }
    draft = nil
    try drainSealing(downTo: 0)
    try state.finish()
  }
}

/// A pack that is being compressed on another core.
private final class SealingPack: Sendable {
  let draft: PackDraft
  private let done = DispatchSemaphore(value: 0)
  private let result = Mutex<Result<[UInt8], any Error>?>(nil)
  /// Level 6 makes large packs an eighth smaller and takes three times as long, which is more than
  /// all the rest of an import; what is compressed fast is recompressed in idle time.
  private static let largeLevel: Int32 = 1
  private static let smallLevel: Int32 = 9

  init(_ draft: PackDraft, signature: [UInt8]) {
    self.draft = draft
    let isSmall = draft.byteCount < 4096
    if isSmall {
      result.withLock {
        $0 = Result { try draft.sealed(signature: signature, level: Self.smallLevel) }
      }
      done.signal()
    } else {
      // Not behind what is done ahead for changes to come.
      DispatchQueue.global(qos: .userInitiated).async { [self] in
        let bytes = Result { try draft.sealed(signature: signature, level: Self.largeLevel) }
        result.withLock { $0 = bytes }
        done.signal()
      }
    }
  }

  func wait() throws -> [UInt8] {
    done.wait()
    guard let bytes = try result.withLock({ try $0?.get() }) else {
      preconditionFailure("signalled without a result")
    }
    return bytes
  }
}
