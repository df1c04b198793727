import ArgumentParser
import ArchiveModel
import ChangeLog
import Foundation
import Interchange
import ReplicaStorage

/// `stet edit`.
struct EditVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "edit",
    abstract: "Edit an article in your editor.",
    discussion: """
      Opens the article as text in VISUAL, else EDITOR, else vi: its fields between two lines ---, \
      then the body. What you change is recorded as edits of what you saw: it merges with what \
      others changed meanwhile.

      A field that you empty is corrected to nothing; a field whose line you remove goes back to \
      what the source says. 'tags: []' removes all tags; without the key they stay.

      Example:
        stet edit 5f3a --reason 'name misspelt'
        stet edit 5f3a --file edited.md
        sed 's/colour/color/' body.md | stet edit 5f3a --body --file -
      """
  )

  @OptionGroup var global: GlobalOptions
  @OptionGroup var input: EditedTextOptions
  @Argument(help: "An article.") var id: String
  @Flag(help: "The body alone, without fields.") var body = false

  private struct EditJSON: Encodable {
    let id: String
    let changed: [String]
    let lane: Nullable<String>
    let seq: Nullable<UInt64>
  }

  func run() throws {
    let replica = try global.open(.readOnly)
    let seen = try replica.seenArticle(try replica.articleID(id))
    // Nothing is held while the editor is open.
    try replica.close()
    let article = seen.article
    let text = body ? article.shown.body : ArticleMarkdown.text(of: article)
    try input.edit(text, name: String(article.id.bytes.hex.prefix(8))) { edited in
      let draft = body ? ArticleDraft(body: edited) : try ArticleMarkdown.draft(of: edited)
      try record(draft, of: seen)
    }
  }

  private func record(_ draft: ArticleDraft, of seen: SeenArticle) throws {
    let replica = try global.open()
    let (change, changed) = try replica.write { writer in
      writer.reason = input.reason ?? ""
      return try writer.edit(seen, to: draft)
    }
    let current = try replica.detail(of: seen.article.id).article.current
    try replica.close()
    if global.json {
      try JSONOutput.write(
        EditJSON(
          id: seen.article.id.bytes.hex,
          changed: changed,
          lane: Nullable(change?.lane.bytes.hex),
          seq: Nullable(change?.seq)
        )
      )
    } else if !global.quiet {
      Console.note(
        changed.isEmpty ? "nothing has changed" : "edited \(changed.joined(separator: ", "))"
      )
    }
    if !global.quiet, current != seen.article.current, changed.contains("\(ArticleField.body)") {
      Console.note(
        "another version became the current one meanwhile: the body's edit is on the one you saw"
      )
    }
  }
}
