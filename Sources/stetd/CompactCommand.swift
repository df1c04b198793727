import ArgumentParser
import Foundation
import HubStorageSQLite
import LogStorage

/// `stetd compact`.
struct CompactCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compact",
    abstract:
      "Join small packs of archives' history, and compress harder what was compressed fast.",
    discussion: """
      A hub that serves does so by itself when an archive is not used ('stetd serve \
      --compact-after'). Also while the hub serves; broken off, it goes on where it was. The files \
      keep their sizes: what becomes free in them is used before they grow again.

      Example:
        stetd compact dprk-desk --data hub
      """
  )

  @OptionGroup var data: DataOption
  @Flag(help: "Print JSON.") var json = false
  @Argument(help: "Archives; all when none is named.") var names: [String] = []

  func run() throws {
    let storage = try SQLiteHubStorage(
      folder: data.folder,
      upgraded: { Self.note("\($0): \($1)") },
      foundForeign: { Self.note("\($0): \($1)") }
    )
    var rows: [CompactionJSON] = []
    for name in try names.isEmpty ? storage.archiveNames() : names {
      let joining = try storage.joinPacks(name)
      let tally = try storage.compact(name, .full)
      rows.append(CompactionJSON(archive: name, joining, tally))
      if !json {
        if joining.madeCount > 0 { Self.note("\(name): \(joining)") }
        Self.note("\(name): \(tally)")
      }
    }
    try storage.close()
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      print(String(decoding: try encoder.encode(rows), as: UTF8.self))
    }
    guard rows.allSatisfy({ $0.packs_damaged == 0 }) else { throw DamageFound() }
  }

  private static func note(_ line: String) {
    FileHandle.standardError.write(Data((line + "\n").utf8))
  }
}

/// What a compaction came to, as it is printed.
private struct CompactionJSON: Encodable {
  let archive: String
  let packs_joined: Int
  let packs_made: Int
  let bytes_saved_by_joining: Int
  let packs: Int
  let packs_replaced: Int
  let packs_damaged: Int
  let bytes_plain: Int
  let bytes_before: Int
  let bytes: Int

  init(archive: String, _ joining: LogJoiningTally, _ tally: LogCompactionTally) {
    self.archive = archive
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
