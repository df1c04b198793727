import ArgumentParser
import ChangeLog
import Foundation
import ReplicaStorage

/// `stet init`.
struct InitVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Make a new archive: NAME.stet in this folder.",
    discussion: """
      Example:
        stet init dprk-desk
      """
  )

  @Argument(help: "The archive's name: letters, digits, '-', '_' and '.'.") var name: String
  @Option(
    name: .customLong("as"),
    help: "How you want to be called in it; STET_NAME, else your login."
  )
  var memberName: String?
  @Flag(help: "Print JSON.") var json = false
  @Flag(help: "No messages.") var quiet = false

  func run() throws {
    guard Genesis.isAcceptable(name: name) else {
      throw VerbFailure(
        .usage,
        "\"\(name)\" cannot be an archive's name: use letters, digits, '-', '_' and '.'"
      )
    }
    let replica = try Replica.create(
      at: name + ".stet",
      named: name,
      environment: Machine.environment(memberName: memberName, lockTimeout: 10)
    )
    if json {
      try JSONOutput.write(["archive": name, "file": name + ".stet"])
    } else if !quiet {
      Console.note("made the archive \(name) in \(name).stet")
    }
    try replica.close()
  }
}
