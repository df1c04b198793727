import ArgumentParser
import ChangeLog
import ReplicaStorage

/// `stet resolve`.
struct ResolveVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resolve",
    abstract: "Settle something that 'stet conflicts' lists.",
    discussion: """
      A conflict takes one of its values, or another one; --reviewed keeps the shown one. Something \
      deleted that was written to stays (--keep), goes (--delete), or stands as it is (--reviewed). A \
      passage where edits met is marked --reviewed, after an edit if it needs one. A resolution \
      syncs as everything does; resolving on two machines at once does no harm.

      Example:
        stet resolve 3fa9c2d1 --take 2
        stet resolve 3fa9c2d1 --value 'Talks possible'
        stet resolve 77ab01fe --reviewed --reason 'read it, both sides are in'
      """
  )

  @OptionGroup var global: GlobalOptions
  @Argument(help: "The beginning of an item's id, 4 digits or more.") var item: String
  @Option(help: "Take the value of this number.") var take: Int?
  @Option(help: "Write another value.") var value: String?
  @Flag(help: "Withdraw the correction, so that the source's value shows.") var withdraw = false
  @Flag(help: "It may stand as it is.") var reviewed = false
  @Flag(help: "Keep something that was deleted.") var keep = false
  @Flag(help: "Delete it again, with what was written.") var delete = false
  @Option(help: "Why.") var reason: String?

  func validate() throws {
    guard resolutions.count == 1 else {
      throw ValidationError(
        "say how: one of --take N, --value TEXT, --withdraw, --reviewed, --keep, --delete"
      )
    }
  }

  private var resolutions: [Resolution] {
    [
      take.map { .take($0) }, value.map { .value($0) }, withdraw ? .value(nil) : nil,
      reviewed ? .reviewed : nil, keep ? .keep : nil, delete ? .delete : nil,
    ].compactMap(\.self)
  }

  func run() throws {
    let replica = try global.open()
    let review = try replica.openReview(item)
    try replica.write { writer in
      writer.reason = reason ?? ""
      for resolution in resolutions { try writer.resolve(review, by: resolution) }
    }
    try replica.close()
    if global.json {
      try JSONOutput.write(["item": review.item.id.bytes.hex, "id": review.object.bytes.hex])
    } else if !global.quiet {
      Console.note("settled \(review.item.id.bytes.hex.prefix(8))")
    }
  }
}
