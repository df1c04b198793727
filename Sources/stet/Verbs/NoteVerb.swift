import ArgumentParser
import ArchiveModel
import ChangeLog
import ReplicaStorage

/// `stet note`.
struct NoteVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "note",
    abstract: "List, edit, answer, delete and restore notes.",
    discussion: """
      ANNOTATION is an id as 'stet annotate' and 'stet show' print it, or the beginning of one \
      (4 digits or more).

      Example:
        stet note reply 9c01 --note 'June agrees'
      """,
    subcommands: [List.self, Edit.self, Reply.self, Remove.self, Restore.self]
  )

  /// `stet note list`.
  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list",
      abstract: "An article's notes: id, time, author, passage, note.",
      discussion: """
        Answers stand below what they answer.

        Example:
          stet note list 5f3a
          stet note list 5f3a --deleted
        """
    )

    @OptionGroup var global: GlobalOptions
    @Argument(help: "An article.") var id: String
    @Flag(help: "Those that were deleted, instead.") var deleted = false

    func run() throws {
      let replica = try global.open(.readOnly)
      let article = try replica.articleID(id)
      let notes =
        deleted
        ? try replica.deletedAnnotations(of: article) : try replica.detail(of: article).annotations
      if global.json {
        try JSONOutput.write(notes.map { AnnotationJSON($0) })
        return
      }
      for note in notes {
        let fields = [
          Console.isOutputTerminal ? String(note.id.bytes.hex.prefix(8)) : note.id.bytes.hex,
          Instant.iso(milliseconds: note.time), note.author,
          note.target.passage?.quote.exact ?? "", note.note,
        ]
        Console.write(fields.map { Console.oneLine($0) }.joined(separator: "\t"))
        Console.complain(of: note.omissions, in: note.id)
      }
    }
  }

  /// `stet note rm`.
  struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "rm",
      abstract: "Delete a note; answers to it stay.",
      discussion: """
        Example:
          stet note rm 9c01
        """
    )

    @OptionGroup var global: GlobalOptions
    @Argument(help: "A note's id.") var annotation: String

    func run() throws {
      let replica = try global.open()
      let id = try replica.annotationID(annotation)
      let change = try replica.write { try $0.delete(id) }
      try replica.close()
      try DeletionOutput.write(id, isDeleted: true, hasChanged: change != nil, global)
    }
  }

  /// `stet note restore`.
  struct Restore: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "restore",
      abstract: "Bring a deleted note back.",
      discussion: """
        Example:
          stet note list 5f3a --deleted
          stet note restore 9c01
        """
    )

    @OptionGroup var global: GlobalOptions
    @Argument(help: "A note's id.") var annotation: String

    func run() throws {
      let replica = try global.open()
      let id = try replica.annotationID(annotation)
      let change = try replica.write { try $0.restore(id) }
      try replica.close()
      try DeletionOutput.write(id, isDeleted: false, hasChanged: change != nil, global)
    }
  }
}

/// Says what a deletion or a restoration came to.
enum DeletionOutput {
  private struct DeletionJSON: Encodable {
    let id: String
    let deleted: Bool
    let changed: Bool
  }

  static func write(
    _ id: ObjectID,
    isDeleted: Bool,
    hasChanged: Bool,
    _ global: GlobalOptions
  ) throws {
    if global.json {
      try JSONOutput.write(
        DeletionJSON(id: id.bytes.hex, deleted: isDeleted, changed: hasChanged)
      )
    } else if !global.quiet {
      let state = isDeleted ? "deleted" : "restored"
      Console.note(
        hasChanged
          ? "\(state) \(id.bytes.hex.prefix(8))"
          : "nothing has changed: it is \(isDeleted ? "deleted already" : "not deleted")"
      )
    }
  }
}
