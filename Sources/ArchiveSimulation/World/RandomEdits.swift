internal import ArchiveModel
internal import CRDT
internal import ChangeLog
internal import ReplicaStorage
internal import SyncSimulation

/// What people do to an archive, at random.
struct RandomEdits {
  private var random = SeededRandom(seed: 1)
  private var articles: [ObjectID] = []
  private var annotations: [ObjectID] = []
  private var collections: [ObjectID] = []

  private static let words = [
    "old", "new", "é", "e\u{301}", "سلام", "한국", "👩‍👩‍👧", "line\nbreak", "two words", "",
  ]

  /// One action; what cannot be done here is not done.
  ///
  /// - Throws: what the store throws.
  mutating func edit(_ replica: Replica, seed: UInt64) throws {
    random = SeededRandom(seed: seed)
    do {
      try act(on: replica)
    } catch is ReplicaFailure {
      // The archive, or what was to be edited, is not here, or is deleted.
    }
  }

  private mutating func act(on replica: Replica) throws {
    switch Int.random(in: 0..<14, using: &random) {
    case 0, 1: try replica.write { try importArticle($0) }
    case 2, 3: try correct(replica)
    case 4: try tag(replica)
    case 5: try annotate(replica)
    case 6, 7: try editBody(replica)
    case 8: try editNote(replica)
    case 9: try deleteOrRestore(replica)
    case 10: try undoOrRedo(replica)
    case 11: try collect(replica)
    case 12: try review(replica)
    default: try pin(replica)
    }
  }

  private mutating func word() -> String { Self.words.randomElement(using: &random) ?? "" }

  private mutating func article() throws -> ObjectID {
    guard let article = articles.randomElement(using: &random) else {
      throw ReplicaFailure.noSuchItem("article")
    }
    return article
  }

  private mutating func annotation() throws -> ObjectID {
    guard let annotation = annotations.randomElement(using: &random) else {
      throw ReplicaFailure.noSuchItem("note")
    }
    return annotation
  }

  /// A new article, or another version of one.
  mutating func importArticle(_ writer: ReplicaWriter) throws {
    var version = ArticleVersion()
    version.source = "test"
    version.sourceID = "\(Int.random(in: 0..<4, using: &random))"
    version.headline = word()
    version.body = "one two\n\nthree " + word()
    let raw = Hash(of: version.record)
    let (_, article) = try writer.importVersion(version, raw: raw, fetched: 0, origin: "test")
    if !articles.contains(article) { articles.append(article) }
  }

  private mutating func correct(_ replica: Replica) throws {
    let (article, text) = (try article(), word())
    let field: ArticleField = Bool.random(using: &random) ? .headline : .byline
    try replica.write { _ = try $0.correct(article, [(field, text.isEmpty ? nil : text)]) }
  }

  private mutating func tag(_ replica: Replica) throws {
    let (article, tag) = (try article(), word() + "tag")
    let isAdding = Int.random(in: 0..<3, using: &random) > 0
    try replica.write {
      _ = try $0.tag(article, adding: isAdding ? [tag] : [], removing: isAdding ? [] : [tag])
    }
  }

  private mutating func annotate(_ replica: Replica) throws {
    let (article, note) = (try article(), word())
    let parent = Bool.random(using: &random) ? annotations.randomElement(using: &random) : nil
    annotations.append(
      try replica.write { writer in
        if let parent { return try writer.reply(to: parent, note: note + "!") }
        return try writer.annotate(
          article,
          .wholeArticle,
          motivation: "commenting",
          note: note
        )
      }
    )
  }

  private mutating func editBody(_ replica: Replica) throws {
    let seen = try replica.seenArticle(try article())
    var draft = ArticleDraft(body: changed(seen.article.shown.body))
    if Bool.random(using: &random) { draft.fields = [(.section, word())] }
    try replica.write { _ = try $0.edit(seen, to: draft) }
  }

  private mutating func editNote(_ replica: Replica) throws {
    let seen = try replica.seenNote(of: try annotation())
    let text = changed(seen.content)
    try replica.write { _ = try $0.edit(seen, to: text) }
  }

  /// A text with some scalars less and a word more.
  private mutating func changed(_ text: String) -> String {
    var scalars = Array(text.unicodeScalars)
    let start = Int.random(in: 0...scalars.count, using: &random)
    let end = min(scalars.count, start + Int.random(in: 0..<4, using: &random))
    scalars.replaceSubrange(start..<end, with: Array(word().unicodeScalars))
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  private mutating func deleteOrRestore(_ replica: Replica) throws {
    let object = Bool.random(using: &random) ? try article() : try annotation()
    let isDeleting = Bool.random(using: &random)
    try replica.write { _ = isDeleting ? try $0.delete(object) : try $0.restore(object) }
  }

  private mutating func undoOrRedo(_ replica: Replica) throws {
    let isUndo = Int.random(in: 0..<3, using: &random) > 0
    try replica.write { _ = isUndo ? try $0.undoNewest() : try $0.redoNewest() }
  }

  private mutating func collect(_ replica: Replica) throws {
    guard let collection = collections.randomElement(using: &random) else {
      collections.append(try replica.write { try $0.createCollection(named: "c") })
      return
    }
    let article = try article()
    let choice = Int.random(in: 0..<3, using: &random)
    try replica.write { writer in
      switch choice {
      case 0: _ = try writer.add([article], to: collection)
      case 1: _ = try writer.remove([article], from: collection)
      default: try writer.move(article, in: collection, to: .first)
      }
    }
  }

  private mutating func review(_ replica: Replica) throws {
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

  private mutating func pin(_ replica: Replica) throws {
    let article = try article()
    let isPinning = Bool.random(using: &random)
    try replica.write { writer in
      let current = try writer.article(article)?.article.current
      try writer.pin(isPinning ? current : nil, of: article)
    }
  }
}
