import ArchiveModel
import CRDT
import ChangeLog
import ReplicaStorage
import SyncProtocol
import SyncSimulation
import Testing

@Suite struct ConvergenceTests {
  @Test func `five replicas with random edits and syncs end with one digest`() async {
    let complaints = await Seeds.complaints(Seeds.first(1000)) { seed in
      var history = try RandomHistory(seed: seed)
      for _ in 0..<40 { try history.step() }
      try history.settle()
      let digests = try history.replicas.map { StateDigest.description(of: try $0.digest()) }
      guard Set(digests).count == 1 else { return "digests differ: \(digests)" }
      let reviews = try history.replicas.map { try $0.openReviews().map(\.item.id) }
      guard Set(reviews).count == 1 else { return "review lists differ" }
      let counts = try history.replicas.map { try $0.status().conflicts }
      guard Set(counts) == [reviews[0].count] else {
        return "reviews are not all written down: \(counts)"
      }
      // What comes once more, whatever came before it, changes nothing.
      let sender = history.replicas[0]
      let packs = try sender.everyPack()
      for replica in history.replicas.dropFirst() {
        let receipt = try replica.append(packs, from: try sender.storeID())
        guard receipt.newChangeCount == 0,
          try StateDigest.description(of: replica.digest()) == digests[0]
        else { return "a pack that came twice changed something" }
      }
      return nil
    }
    #expect(complaints.isEmpty, "\(complaints.joined(separator: "\n"))")
  }
}

/// Random edits on five replicas, and random syncs between pairs of them.
struct RandomHistory {
  private(set) var replicas: [Replica] = []
  private let world: TestWorld
  private var random: SeededRandom
  private var articles: [ObjectID] = []
  private var annotations: [ObjectID] = []
  private var collections: [ObjectID] = []

  private static let words = [
    "old", "new", "é", "e\u{301}", "سلام", "한국", "👩‍👩‍👧", "line\nbreak", "a\r\nb", "",
  ]

  init(seed: UInt64) throws {
    world = TestWorld(seed: seed)
    random = SeededRandom(seed: seed ^ 0xABCD)
    let first = try world.replica(named: "r0")
    replicas = [first]
    for number in 1..<5 { replicas.append(try world.clone(of: first, named: "r\(number)")) }
    articles = try first.write { writer in
      try (0..<3).map { try writer.importArticle("\($0)", headline: "h\($0)", body: "one two") }
    }
  }

  mutating func step() throws {
    let replica = replicas[Int.random(in: 0..<5, using: &random)]
    switch Int.random(in: 0..<15, using: &random) {
    case 0..<4: try syncPair()
    case 4: try set(on: replica)
    case 5: try tag(on: replica)
    case 6: try annotate(on: replica)
    case 7, 8: try edit(on: replica)
    case 9: try deleteOrRestore(on: replica)
    case 10: try importVersion(on: replica)
    case 11: try review(on: replica)
    case 12: try undoOrRedo(on: replica)
    case 13: try collect(on: replica)
    default: try pinOrReply(on: replica)
    }
  }

  /// Everybody syncs with everybody until nothing is left to say.
  mutating func settle() throws {
    for _ in 0..<2 {
      for replica in replicas {
        for other in replicas where other !== replica { try sync(replica, other) }
      }
    }
  }

  private mutating func syncPair() throws {
    let left = replicas[Int.random(in: 0..<5, using: &random)]
    let right = replicas[Int.random(in: 0..<5, using: &random)]
    guard left !== right else { return }
    if Int.random(in: 0..<4, using: &random) == 0 {
      try left.prepareToSync()
      guard let genesis = try left.genesis() else { return }
      _ = SessionPair(
        dialler: left,
        answerer: right,
        clock: world.clock,
        packsUntilBreak: Int.random(in: 0..<4, using: &random)
      ).run(archive: .id(genesis.archive, name: genesis.name))
    } else {
      try sync(left, right)
    }
  }

  private func sync(_ left: Replica, _ right: Replica) throws {
    let result = try world.sync(left, with: right)
    if let failure = result.failures.first { throw failure }
    guard result.dialler?.verdict == .equal else { throw PeerFailure.lost }
  }

  private mutating func word() -> String {
    Self.words[Int.random(in: 0..<Self.words.count, using: &random)]
  }

  private mutating func article() -> ObjectID {
    articles[Int.random(in: 0..<articles.count, using: &random)]
  }

  private mutating func set(on replica: Replica) throws {
    let (article, text) = (article(), word())
    try replica.write { writer in
      guard try writer.article(article) != nil else { return }
      try writer.set(.headline, of: article, to: text.isEmpty ? nil : text)
    }
  }

  private mutating func tag(on replica: Replica) throws {
    let (article, tag) = (article(), Array(word().utf8))
    try replica.write { writer in
      guard let state = try writer.state(of: article) else { return }
      let adds = state.entries(of: ArticleField.tags.rawValue).filter { $0.value == tag }
      let field = ArticleField.tags.rawValue
      try writer.append(
        [
          adds.isEmpty
            ? Operation(field: field, kind: .add, body: tag)
            : Operation(field: field, kind: .remove, names: adds.map(\.dot))
        ],
        on: article,
        as: .annotate
      )
    }
  }

  private mutating func annotate(on replica: Replica) throws {
    let (article, note) = (article(), word())
    let annotation: ObjectID? = try replica.write { writer in
      guard let (shown, state) = try writer.article(article), let current = shown.current,
        let dot = state.entries(of: ArticleField.versions.rawValue)
          .first(where: { $0.value == current.bytes })?.dot
      else { return nil }
      let id = writer.makeObject(.annotation)
      let target = AnnotationTarget(article: article, version: current, passage: nil)
      try writer.append(
        [
          target.operation(versionDot: dot),
          Operation(
            field: AnnotationField.note.rawValue,
            kind: .edit,
            body: TextEditBody.body([Hunk(position: 0, deleteCount: 0, insert: note)])
          ),
        ],
        on: id,
        as: .annotate
      )
      return id
    }
    if let annotation { annotations.append(annotation) }
  }

  /// Edits the body of an article, or a note.
  private mutating func edit(on replica: Replica) throws {
    let isNote = Bool.random(using: &random) && !annotations.isEmpty
    let object =
      isNote ? annotations[Int.random(in: 0..<annotations.count, using: &random)] : article()
    let (insert, cut) = (word(), Int.random(in: 0..<3, using: &random))
    let place = Int.random(in: 0..<1000, using: &random)
    try replica.write { writer in
      guard let state = try writer.state(of: object) else { return }
      let version = isNote ? nil : try writer.article(object)?.article.current
      let field = isNote ? AnnotationField.note.rawValue : ArticleField.body.rawValue
      let text = state.text(TextID(field: field, version: version?.bytes ?? []))
      let content = text?.content ?? (isNote ? "" : "one two")
      let count = content.unicodeScalars.count
      let position = place % (count + 1)
      let hunk = Hunk(
        position: position,
        deleteCount: min(cut, count - position),
        insert: insert
      )
      var names = text?.heads ?? []
      if let version {
        let dot = state.entries(of: ArticleField.versions.rawValue)
          .first { $0.value == version.bytes }?.dot
        guard let dot else { return }
        names.insert(dot, at: 0)
      }
      try writer.append(
        [Operation(field: field, kind: .edit, names: names, body: TextEditBody.body([hunk]))],
        on: object,
        as: .edit
      )
    }
  }

  private mutating func deleteOrRestore(on replica: Replica) throws {
    let article = article()
    try replica.write { writer in
      guard let state = try writer.state(of: article) else { return }
      try writer.append(
        [
          state.isLive
            ? Operation(field: 0, kind: .delete, names: state.dotsToCover)
            : Operation(field: 0, kind: .restore, names: state.deletions.map(\.dot))
        ],
        on: article,
        as: .edit
      )
    }
  }

  private mutating func importVersion(on replica: Replica) throws {
    let number = Int.random(in: 0..<5, using: &random)
    let headline = word()
    let id = try replica.write {
      try $0.importArticle("\(number)", headline: headline, body: "one two")
    }
    if !articles.contains(id) { articles.append(id) }
  }

  /// Settles something on the review list.
  private mutating func review(on replica: Replica) throws {
    guard let review = try replica.openReviews().randomElement(using: &random) else { return }
    let number = Int.random(in: 1...2, using: &random)
    try replica.write { writer in
      switch review.item {
      case .conflict: try writer.resolve(review, by: .take(number))
      case .deletion: try writer.resolve(review, by: number == 1 ? .keep : .reviewed)
      case .seam: try writer.resolve(review, by: .reviewed)
      }
    }
  }

  private mutating func undoOrRedo(on replica: Replica) throws {
    let isUndo = Int.random(in: 0..<3, using: &random) > 0
    do {
      try replica.write { _ = isUndo ? try $0.undoNewest() : try $0.redoNewest() }
    } catch is ReplicaFailure {
      // There is nothing to take back.
    }
  }

  /// Makes a collection, or puts an article into one, takes one out, or moves one.
  private mutating func collect(on replica: Replica) throws {
    let article = article()
    guard let collection = collections.randomElement(using: &random)
    else {
      collections.append(try replica.write { try $0.createCollection(named: "c") })
      return
    }
    let choice = Int.random(in: 0..<3, using: &random)
    do {
      try replica.write { writer in
        switch choice {
        case 0: _ = try writer.add([article], to: collection)
        case 1: _ = try writer.remove([article], from: collection)
        default: _ = try writer.move(article, in: collection, to: .first)
        }
      }
    } catch is ReplicaFailure {
      // The article or the collection is not here, or not in it.
    }
  }

  private mutating func pinOrReply(on replica: Replica) throws {
    let article = article()
    let note = word()
    if let annotation = annotations.randomElement(using: &random), Bool.random(using: &random) {
      do {
        annotations.append(try replica.write { try $0.reply(to: annotation, note: note + "!") })
      } catch is ReplicaFailure {
        // What is to be answered is not here, or deleted.
      }
      return
    }
    try replica.write { writer in
      guard let (shown, state) = try writer.article(article), let current = shown.current else {
        return
      }
      try writer.append(
        [
          Operation(
            field: ArticleField.pin.rawValue,
            kind: .write,
            names: state.entries(of: ArticleField.pin.rawValue).map(\.dot),
            body: RegisterValue.body(current.bytes.hex)
          )
        ],
        on: article,
        as: .edit
      )
    }
  }
}
