import ArgumentParser
import LogStorage
import ProgressLine
import ReplicaStorage

/// `stet compact`.
struct CompactVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compact",
    abstract: "Join small packs of the history, and compress harder what was compressed fast.",
    discussion: """
      Every edit is a pack of its own, and an import compresses fast. This joins neighbouring small \
      packs and makes an import's smaller by a tenth to a quarter, for the file and for whoever \
      copies the archive from here; nothing else changes. What no remote has yet stays in packs of \
      its own, so that one damaged page of the file costs few edits. Also while others use the \
      archive; broken off, it goes on where it was. The file keeps its size: what becomes free in it \
      is used before it grows again.

      Example:
        stet compact
      """
  )

  @OptionGroup var global: GlobalOptions

  func run() throws {
    let replica = try global.open()
    let progress = ProgressLine("compact", unit: "changes", isQuiet: global.quiet)
    let joining = try replica.joinPacks(
      keptElsewhere: replica.keptElsewhere(),
      progress: { progress.show(Int(clamping: $0.position), of: Int(clamping: $1)) }
    )
    let tally = try replica.compact(
      progress: { progress.show(Int(clamping: $0.position), of: Int(clamping: $1)) }
    )
    progress.finish()
    try replica.close()
    if global.json {
      try JSONOutput.write(CompactionJSON(joining, tally))
    } else if !global.quiet {
      if joining.madeCount > 0 { Console.note("\(joining)") }
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
  let packs_joined: Int
  let packs_made: Int
  let bytes_saved_by_joining: Int
  let packs: Int
  let packs_replaced: Int
  let packs_damaged: Int
  let bytes_plain: Int
  let bytes_before: Int
  let bytes: Int

  init(_ joining: LogJoiningTally, _ tally: LogCompactionTally) {
    packs_joined = joining.joinedCount
    packs_made = joining.madeCount
    bytes_saved_by_joining = joining.byteCountBefore - joining.byteCount
    packs = tally.packCount
    packs_replaced = tally.replacedCount
    packs_damaged = tally.damagedCount
    bytes_plain = tally.plainByteCount
    bytes_before = tally.byteCountBefore
    bytes = tally.byteCount
  }
}
