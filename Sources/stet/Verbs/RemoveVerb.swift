import ArgumentParser
import ReplicaStorage

/// `stet rm`.
struct RemoveVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rm",
    abstract: "Delete an article; nothing is erased, and 'stet restore' brings it back.",
    discussion: """
      A deleted article is in no list, search or status. 'stet list --deleted' lists it, and its id \
      still shows it. Somebody who edits it without having seen the deletion, or a new version that \
      is imported later, makes it live again.

      Example:
        stet rm 5f3a
      """
  )

  @OptionGroup var global: GlobalOptions
  @Argument(help: "An article.") var id: String

  func run() throws {
    let replica = try global.open()
    let article = try replica.articleID(id)
    let change = try replica.write { try $0.delete(article) }
    try replica.close()
    try DeletionOutput.write(article, isDeleted: true, hasChanged: change != nil, global)
  }
}
