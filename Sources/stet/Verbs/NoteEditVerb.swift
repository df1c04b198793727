import ArgumentParser
import ChangeLog
import ReplicaStorage

extension NoteVerb {
  /// `stet note edit`.
  struct Edit: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "edit",
      abstract: "Edit a note's text, in your editor or with --text.",
      discussion: """
        Two people can write one note: what both write merges.

        Example:
          stet note edit 9c01
          stet note edit 9c01 --text 'compare with July'
        """
    )

    @OptionGroup var global: GlobalOptions
    @OptionGroup var input: EditedTextOptions
    @Argument(help: "A note's id.") var annotation: String
    @Option(help: "The whole new text, instead of an editor.") var text: String?

    func validate() throws {
      guard text == nil || input.file == nil else {
        throw ValidationError("give the text with --text or --file, not both")
      }
    }

    func run() throws {
      let replica = try global.open(.readOnly)
      let id = try replica.annotationID(annotation)
      let seen = try replica.seenNote(of: id)
      try replica.close()
      if let text {
        try record(text, over: seen)
      } else {
        try input.edit(seen.content, name: String(id.bytes.hex.prefix(8))) {
          try record($0, over: seen)
        }
      }
    }

    private func record(_ text: String, over seen: SeenText) throws {
      let replica = try global.open()
      let change = try replica.write { writer in
        writer.reason = input.reason ?? ""
        return try writer.edit(seen, to: text)
      }
      try replica.close()
      if global.json {
        try JSONOutput.write([
          "id": Nullable(seen.object.bytes.hex),
          "lane": Nullable(change?.lane.bytes.hex),
          "seq": Nullable(change.map { "\($0.seq)" }),
        ])
      } else if !global.quiet {
        Console.note(change == nil ? "nothing has changed" : "edited the note")
      }
    }
  }

  /// `stet note reply`.
  struct Reply: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "reply",
      abstract: "Answer a note.",
      discussion: """
        Example:
          stet note reply 9c01 --note 'June agrees'
        """
    )

    @OptionGroup var global: GlobalOptions
    @Argument(help: "A note's id.") var annotation: String
    @Option(help: "What to answer.") var note: String

    func validate() throws {
      guard !note.isEmpty else { throw ValidationError("say what to answer with --note") }
    }

    func run() throws {
      let replica = try global.open()
      let answered = try replica.annotationID(annotation)
      let reply = try replica.write { try $0.reply(to: answered, note: note) }
      try replica.close()
      if global.json {
        try JSONOutput.write(["id": reply.bytes.hex, "reply_to": answered.bytes.hex])
      } else {
        Console.write(reply.bytes.hex)
      }
    }
  }
}
