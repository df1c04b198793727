import ArgumentParser
import ArchiveModel
import ChangeLog
import ReplicaStorage

/// `stet pin`.
struct PinVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pin",
    abstract: "Make a version of an article the current one, whatever comes in later.",
    discussion: """
      Without VERSION the article's versions are listed: id, state, last fetched, headline. VERSION \
      is the beginning of such an id (4 digits or more).

      Example:
        stet pin 5f3a
        stet pin 5f3a 77b0
        stet pin 5f3a --unpin
      """
  )

  @OptionGroup var global: GlobalOptions
  @Argument(help: "An article.") var id: String
  @Argument(help: "A version.") var version: String?
  @Flag(help: "Leave it to the versions again which one is current.") var unpin = false

  func validate() throws {
    guard version == nil || !unpin else {
      throw ValidationError("give a version or --unpin, not both")
    }
  }

  func run() throws {
    let replica = try global.open()
    let article = try replica.articleID(id)
    let detail = try replica.detail(of: article)
    let versions = detail.versions
    guard version != nil || unpin else {
      try list(versions)
      Console.complain(of: detail.omissions, in: article)
      return
    }
    let name = try version.map { try Self.version($0, of: versions) }
    let change = try replica.write { try $0.pin(name, of: article) }
    try replica.close()
    if global.json {
      try JSONOutput.write([
        "id": Nullable(article.bytes.hex), "pinned": Nullable(name?.bytes.hex),
      ])
    } else if !global.quiet {
      let done =
        name.map { "pinned the version \($0.bytes.hex.prefix(8))" } ?? "no version is pinned"
      Console.note(change == nil ? "nothing has changed" : done)
    }
  }

  private func list(_ versions: [VersionDetail]) throws {
    if global.json {
      try JSONOutput.write(versions.map { VersionJSON($0) })
      return
    }
    for version in versions {
      let fetched = version.sightings.map(\.fetched).max().map { Instant.iso(milliseconds: $0) }
      let state = version.isPinned ? "pinned" : version.isCurrent ? "current" : ""
      Console.write(
        "\(version.name.bytes.hex)\t\(state)\t\(fetched ?? "")\t"
          + Console.oneLine(version.record.headline)
      )
    }
  }

  private static func version(
    _ digits: String,
    of versions: [VersionDetail]
  ) throws -> VersionName {
    let wanted = digits.lowercased()
    let found =
      wanted.utf8.count < 4
      ? [] : versions.map(\.name).filter { $0.bytes.hex.utf8.starts(with: wanted.utf8) }
    guard let version = found.first else {
      throw ReplicaFailure.noSuchItem("version \"\(digits)\" of the article")
    }
    guard found.count == 1 else {
      throw ReplicaFailure.ambiguous("version \"\(digits)\"", found.map(\.bytes.hex))
    }
    return version
  }
}
