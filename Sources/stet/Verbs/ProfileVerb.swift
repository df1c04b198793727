import ArgumentParser
import ArchiveModel
import ChangeLog
import ReplicaStorage

/// `stet profile`.
struct ProfileVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "profile",
    abstract: "Who writes to the archive, and how you are called in it.",
    discussion: """
      Lists name, member key, number of lanes (copies that wrote), and since when; '*' is you.

      Example:
        stet profile
        stet profile --name 'Anna K.'
      """
  )

  @OptionGroup var global: GlobalOptions
  @Option(help: "How you want to be called.") var name: String?

  private struct ProfileJSON: Encodable {
    let member: String
    let name: String
    let lanes: [String]
    let since: String
    let you: Bool
  }

  func validate() throws {
    guard name?.isEmpty != true else { throw ValidationError("say a name with --name") }
  }

  func run() throws {
    if let name {
      let replica = try global.open()
      let change = try replica.write { try $0.setOwnName(name) }
      try replica.close()
      if global.json {
        try JSONOutput.write(["name": name])
      } else if !global.quiet {
        Console.note(change == nil ? "nothing has changed" : "you are now called \(name)")
      }
      return
    }
    let profiles = try global.open(.readOnly).profiles()
    if global.json {
      try JSONOutput.write(
        profiles.map {
          ProfileJSON(
            member: $0.member.bytes.hex,
            name: $0.name,
            lanes: $0.lanes.map(\.bytes.hex),
            since: Instant.iso(milliseconds: $0.since),
            you: $0.isOwn
          )
        }
      )
      return
    }
    for profile in profiles {
      Console.write(
        "\(profile.isOwn ? "*" : " ") \(Console.oneLine(profile.name))\t"
          + "\(profile.member.bytes.hex.prefix(8))\t\(profile.lanes.count)\t"
          + Instant.iso(milliseconds: profile.since)
      )
    }
  }
}
