internal import ArchiveModel
internal import CRDT
internal import ChangeLog
internal import ReplicaStorage

/// What replicas tell of the past: nothing that was written is out of reach, though it be replaced or
/// deleted.
extension World {
  /// Sees that a replica tells of every value that its log holds.
  ///
  /// - Throws: ``Violation``.
  func judgeValues(in machine: Machine) throws {
    guard !machine.isDamaged, machine.kind == .replica else { return }
    let written = WrittenValues(of: machine.ledger.walk.placedChanges)
    _ = try touch(machine) { store in
      guard let replica = store.replica else { return }
      try written.compare(with: replica, named: machine.name)
    }
  }

  /// Sees that a replica shows articles as they were, wherever a change wrote what a later one replaced.
  ///
  /// - Throws: ``Violation``.
  func judgePast(of machine: Machine) throws {
    guard !machine.isDamaged, machine.kind == .replica else { return }
    let changes = machine.ledger.walk.placedChanges
    let payloads = changes.compactMap { change in
      (try? ChangePayload(of: change)).map { (change: change.id, payload: $0) }
    }
    let replaced = Set(payloads.flatMap { $0.payload.replaced })
    _ = try touch(machine) { store in
      guard let replica = store.replica else { return }
      var articles: [ObjectID: ObjectID] = [:]
      // An edit of an empty note names nothing, so it may come before what says what the note is about; what
      // text then follows which is not judged.
      var early: Set<ObjectID> = []
      var pasts: [ObjectID: PastArticle] = [:]
      for (change, payload) in payloads {
        if let target = payload.target { articles[payload.object] = target.article }
        let isArticle = payload.object.type == ObjectType.article.rawValue
        guard let article = isArticle ? payload.object : articles[payload.object],
          !early.contains(payload.object)
        else {
          early.insert(payload.object)
          continue
        }
        pasts[article, default: PastArticle(article)].take(payload, of: change)
        guard replaced.contains(change) else { continue }
        try pasts[article]?.compare(with: replica.detail(of: article, at: .change(change)))
      }
    }
  }

  /// Sees that a replica tells of all forked keys, and of none that is not.
  ///
  /// Of a hub the heads are judged wherever its log is: it names them by the branches that it knows.
  /// - Throws: ``Violation``.
  func judgeForks(of machine: Machine) throws {
    guard !machine.isDamaged else { return }
    guard let told = try touch(machine, { try $0.replica?.forks() }) ?? nil else { return }
    let walk = machine.ledger.walk
    guard Set(told.map(\.root)) == walk.forkedRoots,
      Set(told.flatMap(\.branches)) == walk.branches
    else { throw Violation("\(machine.name) does not tell of a fork, or of one that is none") }
  }
}

extension ChangePayload {
  /// The changes that the operations name, but for adds: what stood there is not there any more, or is
  /// another text.
  fileprivate var replaced: [ChangeID] {
    operations.compactMap(\.self).flatMap { operation -> [ChangeID] in
      guard operation.kind != ChangeLog.Operation.Kind.add.rawValue else { return [] }
      return operation.names.map { ChangeID(lane: $0.lane, seq: $0.seq) }
    }
  }
}
