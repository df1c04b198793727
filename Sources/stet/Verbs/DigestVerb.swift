import ArgumentParser
import ArchiveModel
import ReplicaStorage

/// `stet digest`.
struct DigestVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "digest",
    abstract: "A hash of all live values: equal on two machines that hold the same archive.",
    discussion: """
      Prints the number of the merge rules, a colon, and 64 hexadecimal digits.

      Example:
        stet digest
      """
  )

  @OptionGroup var global: GlobalOptions

  func run() throws {
    let digest = StateDigest.description(of: try global.open().digest())
    if global.json {
      try JSONOutput.write(["digest": digest])
    } else {
      Console.write(digest)
    }
  }
}
