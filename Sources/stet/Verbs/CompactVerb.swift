import ArgumentParser
import LogStorage
import ReplicaStorage

/// `stet compact`.
struct CompactVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compact",
    abstract: "Compress the history harder, where it was compressed fast.",
    discussion: """
      An import compresses fast. This makes its packs smaller, by a tenth to a quarter, for the file and for \
      whoever copies the archive from here; nothing else changes. Also while others use the \
      archive; broken off, it goes on where it was. The file keeps its size: what becomes free in \
      it is used before it grows again.

      Example:
        stet compact
      """
  )

  @OptionGroup var global: GlobalOptions

  func run() throws {
    let replica = try global.open()
    let progress = ProgressLine("compact", unit: "changes", isQuiet: global.quiet)
    let tally = try replica.compact(
      progress: { progress.show(Int(clamping: $0.position), of: Int(clamping: $1)) }
    )
    progress.finish()
    try replica.close()
    if global.json {
      try JSONOutput.write(CompactionJSON(tally))
    } else if !global.quiet {
      Console.note("\(tally)")
    }
    guard tally.damagedCount == 0 else {
      Console.complain("\(tally.damagedCount) packs are damaged: 'stet verify' says more")
      throw ExitCode(ExitStatus.damaged.rawValue)
    }
  }
}

/// What a compaction came to, as it is printed.
private struct CompactionJSON: Encodable {
  let packs: Int
  let packs_replaced: Int
  let packs_damaged: Int
  let bytes_plain: Int
  let bytes_before: Int
  let bytes: Int

  init(_ tally: LogCompactionTally) {
    packs = tally.packCount
    packs_replaced = tally.replacedCount
    packs_damaged = tally.damagedCount
    bytes_plain = tally.plainByteCount
    bytes_before = tally.byteCountBefore
    bytes = tally.byteCount
  }
}
