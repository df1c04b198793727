import ArgumentParser
import ArchiveModel
import Foundation
import ReplicaStorage

/// `stet status`.
struct StatusVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract:
      "What is unsent, when remotes were reached, how many conflicts wait, what is not indexed.",
    discussion: """
      Example:
        stet status
      """
  )

  @OptionGroup var global: GlobalOptions

  private struct StatusJSON: Encodable {
    struct RemoteJSON: Encodable {
      let name: String
      let address: String
      let reached: Nullable<String>
      let unsent: Int
      let clock_offset_ms: Nullable<Int64>
    }

    let name: String
    let articles: Int
    let annotations: Int
    let unsent: Int
    let conflicts: Int
    let replicas: Int
    let needs_newer: Int
    let forks: [String]
    let held: Int
    let changes: Int
    let changes_indexed: Int
    let remotes: [RemoteJSON]

    init(_ status: ReplicaStatus) {
      name = status.name
      articles = status.articles
      annotations = status.annotations
      unsent = status.unsent
      conflicts = status.conflicts
      replicas = status.replicas
      needs_newer = status.unreadable
      forks = status.forks.map(\.description)
      held = status.held
      changes = status.search.end
      changes_indexed = status.search.reached
      remotes = status.remotes.map { remote in
        RemoteJSON(
          name: remote.name,
          address: remote.address,
          reached: Nullable(remote.reached.map { Instant.iso(milliseconds: $0) }),
          unsent: remote.unsent,
          clock_offset_ms: Nullable(remote.clockOffset)
        )
      }
    }
  }

  func run() throws {
    let status = try global.open(.readOnly).status()
    if global.json {
      try JSONOutput.write(StatusJSON(status))
      return
    }
    Console.write("archive      \(status.name)")
    Console.write("articles     \(status.articles)")
    Console.write("annotations  \(status.annotations)")
    Console.write("replicas     \(status.replicas)")
    Console.write("conflicts    \(status.conflicts)")
    Console.write("unsent       \(status.unsent)")
    Console.write("search       \(status.search.reached) of \(status.search.end) changes read")
    if status.unreadable > 0 {
      Console.write("needs a newer stet: \(status.unreadable) changes, kept and passed on")
    }
    for fork in status.forks { Console.write("fork         \(Console.oneLine(fork.description))") }
    if status.held > 0 { Console.write("\(status.held) changes are held: see 'stet held'") }
    for remote in status.remotes {
      let reached =
        remote.reached.map { "reached \(Instant.iso(milliseconds: $0))" } ?? "never reached"
      Console.write(
        "remote       \(Console.oneLine(remote.name)) \(Console.oneLine(remote.address)), \(reached), \(remote.unsent) unsent"
      )
      if let skew = ClockSkew.sentence(remote.clockOffset) { Console.write("             \(skew)") }
    }
  }
}

/// Clocks that differ, in words.
enum ClockSkew {
  /// A sentence when the peer's clock is a minute or more away; skew is shown and never refused.
  static func sentence(_ offset: Int64?) -> String? {
    guard let offset, abs(offset) >= 60_000 else { return nil }
    let minutes = (abs(offset) + 30_000) / 60_000
    return
      "this machine's clock is \(minutes) min \(offset < 0 ? "ahead of" : "behind") the remote's"
  }
}
