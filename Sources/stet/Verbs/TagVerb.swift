import ArgumentParser
import ChangeLog
import Foundation
import ReplicaStorage

/// `stet tag`.
struct TagVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tag",
    abstract: "Add and remove tags: +TAG and -TAG.",
    discussion: """
      Options go before the article. A tag that the source gave is struck out by -TAG and comes \
      back by +TAG.

      Example:
        stet tag 5f3a +nuclear -draft
      """
  )

  @OptionGroup var global: GlobalOptions
  @Argument(help: "An article.") var id: String
  @Argument(parsing: .captureForPassthrough, help: "+TAG or -TAG.") var tags: [String]

  func validate() throws {
    guard !tags.isEmpty,
      tags.allSatisfy({ $0.count > 1 && ($0.hasPrefix("+") || $0.hasPrefix("-")) })
    else { throw ValidationError("write each tag as +TAG to add it or -TAG to remove it") }
  }

  func run() throws {
    if tags == ["--help"] { throw CleanExit.helpRequest(Self.self) }
    let replica = try global.open()
    let article = try replica.articleID(id)
    let change = try replica.write { writer in
      try writer.tag(
        article,
        adding: tags.filter { $0.hasPrefix("+") }.map { String($0.dropFirst()) },
        removing: tags.filter { $0.hasPrefix("-") }.map { String($0.dropFirst()) }
      )
    }
    let shown = try replica.detail(of: article).article.tags
    try replica.close()
    if global.json {
      try JSONOutput.write(["tags": shown])
    } else if !global.quiet {
      Console.note(
        (change == nil ? "nothing has changed" : "tags are now") + ": "
          + Console.oneLine(shown.joined(separator: ", "))
      )
    }
  }
}
