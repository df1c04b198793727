import ArgumentParser
import ChangeLog
import ReplicaStorage

extension CollectionVerb {
  /// `stet collection add`.
  struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "add",
      abstract: "Put articles into a collection, at its end.",
      discussion: """
        Example:
          stet collection add 'June talks' 5f3a 77b0
        """
    )

    @OptionGroup var global: GlobalOptions
    @Argument(help: "A collection.") var collection: String
    @Argument(help: "Articles.") var articles: [String]

    func run() throws {
      let replica = try global.open()
      let id = try replica.collectionID(collection)
      let articles = try articles.map { try replica.articleID($0) }
      let count = try replica.write { try $0.add(articles, to: id) }
      try replica.close()
      if global.json {
        try JSONOutput.write(["added": count])
      } else if !global.quiet {
        Console.note(count == 0 ? "nothing has changed" : "added \(count)")
      }
    }
  }

  /// `stet collection remove`.
  struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "remove",
      abstract: "Take articles out of a collection.",
      discussion: """
        Example:
          stet collection remove 'June talks' 5f3a
        """
    )

    @OptionGroup var global: GlobalOptions
    @Argument(help: "A collection.") var collection: String
    @Argument(help: "Articles.") var articles: [String]

    func run() throws {
      let replica = try global.open()
      let id = try replica.collectionID(collection)
      let articles = try articles.map { try replica.articleID($0) }
      let count = try replica.write { try $0.remove(articles, from: id) }
      try replica.close()
      if global.json {
        try JSONOutput.write(["removed": count])
      } else if !global.quiet {
        Console.note(count == 0 ? "nothing has changed" : "removed \(count)")
      }
    }
  }

  /// `stet collection move`.
  struct Move: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "move",
      abstract: "Move an article within a collection.",
      discussion: """
        Example:
          stet collection move 'June talks' 5f3a --before 77b0
          stet collection move 'June talks' 5f3a --first
        """
    )

    @OptionGroup var global: GlobalOptions
    @Argument(help: "A collection.") var collection: String
    @Argument(help: "The article to move.") var article: String
    @Option(help: "Right before this article.") var before: String?
    @Option(help: "Right after this article.") var after: String?
    @Flag(help: "To the beginning.") var first = false
    @Flag(help: "To the end.") var last = false

    func validate() throws {
      guard [before != nil, after != nil, first, last].count(where: \.self) == 1 else {
        throw ValidationError("say where to: one of --before, --after, --first, --last")
      }
    }

    func run() throws {
      let replica = try global.open()
      let id = try replica.collectionID(collection)
      let article = try replica.articleID(article)
      let place = try place(in: replica)
      let change = try replica.write { try $0.move(article, in: id, to: place) }
      try replica.close()
      if !global.quiet { Console.note(change == nil ? "nothing has changed" : "moved it") }
    }

    private func place(in replica: Replica) throws -> CollectionPlace {
      if let before { return .before(try replica.articleID(before)) }
      if let after { return .after(try replica.articleID(after)) }
      return first ? .first : .last
    }
  }
}
