import ArgumentParser
import ArchiveModel
import ChangeLog
import ReplicaStorage

/// `stet collection`.
struct CollectionVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "collection",
    abstract: "Keep articles together, in an order.",
    discussion: """
      COLLECTION is a name, an id, or the beginning of an id (4 digits or more).

      Example:
        stet collection create 'June talks'
        stet collection add 'June talks' 5f3a 77b0
      """,
    subcommands: [
      Create.self, List.self, Show.self, Add.self, Remove.self, Move.self, Rename.self,
      Delete.self, Restore.self,
    ]
  )

  /// `stet collection create`.
  struct Create: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "create",
      abstract: "Make an empty collection.",
      discussion: """
        Example:
          stet collection create 'June talks'
        """
    )

    @OptionGroup var global: GlobalOptions
    @Argument(help: "Its name.") var name: String

    func validate() throws {
      guard !name.isEmpty else { throw ValidationError("give the collection a name") }
    }

    func run() throws {
      let replica = try global.open()
      try CollectionName.expectUnused(name, in: replica)
      let id = try replica.write { try $0.createCollection(named: name) }
      try replica.close()
      if global.json {
        try JSONOutput.write(["id": id.bytes.hex, "name": name])
      } else {
        Console.write(id.bytes.hex)
      }
    }
  }

  /// `stet collection list`.
  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list",
      abstract: "The collections: id, number of articles, name.",
      discussion: """
        Example:
          stet collection list
        """
    )

    @OptionGroup var global: GlobalOptions

    private struct ListedCollectionJSON: Encodable {
      let id: String
      let name: String
      let articles: Int
    }

    func run() throws {
      let collections = try global.open(.readOnly).collections()
      if global.json {
        try JSONOutput.write(
          collections.map {
            ListedCollectionJSON(id: $0.id.bytes.hex, name: $0.name, articles: $0.members.count)
          }
        )
        return
      }
      for collection in collections {
        Console.write(
          "\(collection.id.bytes.hex)\t\(collection.members.count)\t"
            + Console.oneLine(collection.name)
        )
      }
    }
  }

  /// `stet collection show`.
  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "show",
      abstract: "A collection's articles, in its order.",
      discussion: """
        A deleted article keeps its place, and is listed with --json alone.

        Example:
          stet collection show 'June talks'
        """
    )

    @OptionGroup var global: GlobalOptions
    @Argument(help: "A collection.") var collection: String

    private struct CollectionJSON: Encodable {
      struct MemberJSON: Encodable {
        let id: String
        let headline: String
        let deleted: Bool
      }

      let id: String
      let name: String
      let deleted: Bool
      let articles: [MemberJSON]
      /// What there is of it and is not shown, in sentences.
      let omitted: [String]
    }

    func run() throws {
      let replica = try global.open(.readOnly)
      let (shown, members) = try replica.collection(try replica.collectionID(collection))
      if global.json {
        try JSONOutput.write(
          CollectionJSON(
            id: shown.id.bytes.hex,
            name: shown.name,
            deleted: !shown.isLive,
            articles: members.map {
              .init(id: $0.row.id.bytes.hex, headline: $0.row.headline, deleted: $0.isDeleted)
            },
            omitted: shown.omissions.map(\.sentence)
          )
        )
        return
      }
      for member in members where !member.isDeleted {
        Console.write(ArticleLine.text(member.row))
      }
      Console.complain(of: shown.omissions, in: shown.id)
    }
  }

  /// `stet collection rename`.
  struct Rename: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "rename",
      abstract: "Give a collection another name.",
      discussion: """
        Example:
          stet collection rename 'June talks' 'Talks of June'
        """
    )

    @OptionGroup var global: GlobalOptions
    @Argument(help: "A collection.") var collection: String
    @Argument(help: "The new name.") var name: String

    func validate() throws {
      guard !name.isEmpty else { throw ValidationError("give the collection a name") }
    }

    func run() throws {
      let replica = try global.open()
      let id = try replica.collectionID(collection)
      try CollectionName.expectUnused(name, in: replica)
      try replica.write { _ = try $0.rename(id, to: name) }
      try replica.close()
      if !global.quiet { Console.note("renamed it to \(name)") }
    }
  }

  /// `stet collection rm`.
  struct Delete: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "rm",
      abstract: "Delete a collection; its articles stay.",
      discussion: """
        Example:
          stet collection rm 'June talks'
        """
    )

    @OptionGroup var global: GlobalOptions
    @Argument(help: "A collection.") var collection: String

    func run() throws {
      let replica = try global.open()
      let id = try replica.collectionID(collection)
      let change = try replica.write { try $0.delete(id) }
      try replica.close()
      try DeletionOutput.write(id, isDeleted: true, hasChanged: change != nil, global)
    }
  }

  /// `stet collection restore`.
  struct Restore: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "restore",
      abstract: "Bring a deleted collection back, by its id.",
      discussion: """
        Example:
          stet collection restore 1a2b3c4d
        """
    )

    @OptionGroup var global: GlobalOptions
    @Argument(help: "A collection's id.") var collection: String

    func run() throws {
      let replica = try global.open()
      let id = try replica.collectionID(collection)
      let change = try replica.write { try $0.restore(id) }
      try replica.close()
      try DeletionOutput.write(id, isDeleted: false, hasChanged: change != nil, global)
    }
  }
}

/// Names of collections as people give them.
private enum CollectionName {
  /// Two people may take one name at once; one archive that already has it says so.
  static func expectUnused(_ name: String, in replica: Replica) throws {
    let isUsed = try replica.collections().contains { $0.name.utf8.elementsEqual(name.utf8) }
    if isUsed {
      throw ReplicaFailure.unacceptable(
        "there is a collection \"\(name)\" already: choose another name"
      )
    }
  }
}
