import ArgumentParser
import ReplicaStorage

/// `stet restore`.
struct RestoreVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Bring a deleted article back.",
    discussion: """
      Example:
        stet list --deleted
        stet restore 5f3a
      """
  )

  @OptionGroup var global: GlobalOptions
  @Argument(help: "An article.") var id: String

  func run() throws {
    let replica = try global.open()
    let article = try replica.articleID(id)
    let change = try replica.write { try $0.restore(article) }
    try replica.close()
    try DeletionOutput.write(article, isDeleted: false, hasChanged: change != nil, global)
  }
}
