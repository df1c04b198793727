import ArchiveModel
import ArgumentParser
import ChangeLog
import Foundation
import ReplicaStorage

/// `stet held`.
struct HeldVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "held",
    abstract: "Changes out of a damaged file that wait for some that are missing.",
    discussion: """
      They count neither to the archive nor to its digest, and are not sent. After every sync they \
      are tried again, and enter the archive as soon as what they build on is there.

      Example:
        stet held
        stet held export held.jsonl
      """,
    subcommands: [List.self, Export.self],
    defaultSubcommand: List.self
  )

  /// `stet held list`.
  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list",
      abstract: "What waits, and why; this machine's own changes first.",
      discussion: """
        Example:
          stet held list --json
        """
    )

    @OptionGroup var global: GlobalOptions

    private struct HeldJSON: Encodable {
      let lane: String
      let first: UInt64
      let last: UInt64
      let own: Bool
      let reason: String
      let bytes: Int
    }

    func run() throws {
      let packs = try global.open(.readOnly).heldPacks()
      let rows = packs.flatMap { pack in
        pack.spans.map { span in
          HeldJSON(
            lane: span.lane.bytes.hex,
            first: span.firstSeq,
            last: span.lastSeq,
            own: pack.isOwn,
            reason: pack.reason,
            bytes: pack.bytes.count
          )
        }
      }
      if global.json {
        try JSONOutput.write(rows)
        return
      }
      for row in rows {
        Console.write(
          "\(row.lane.prefix(8)):\(row.first)-\(row.last)\t\(row.own ? "own" : "other")\t"
            + "\(row.bytes) bytes\t\(Console.oneLine(row.reason))"
        )
      }
    }
  }

  /// `stet held export`.
  struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "export",
      abstract: "Write what waits to a file, as JSON Lines.",
      discussion: """
        For every pack a line with its raw bytes, then a line for each of its changes. FILE is a new \
        file, or - for stdout. Nothing leaves the archive.

        Example:
          stet held export held.jsonl
        """
    )

    @OptionGroup var global: GlobalOptions
    @Argument(help: "A new file, or -.") var file: String

    func run() throws {
      let packs = try global.open(.readOnly).heldPacks()
      var lines: [String] = []
      for (number, pack) in packs.enumerated() {
        lines.append(try HeldLine.pack(pack, number: number + 1))
        // A change that cannot be read is still in the pack's bytes.
        for change in (try? pack.changes()) ?? [] {
          lines.append(try HeldLine.change(change, ofPack: number + 1))
        }
      }
      guard file != "-" else {
        for line in lines { Console.write(line) }
        return
      }
      guard !FileManager.default.fileExists(atPath: file) else { throw ReplicaFailure.exists(file) }
      let text = lines.map { $0 + "\n" }.joined()
      try Data(text.utf8).write(to: URL(filePath: file), options: .withoutOverwriting)
      if !global.quiet {
        Console.note("wrote \(packs.reduce(0) { $0 + $1.changeCount }) changes to \(file)")
      }
    }
  }
}

/// The lines of an export.
private enum HeldLine {
  private struct PackJSON: Encodable {
    let type = "pack"
    let pack: Int
    let own: Bool
    let reason: String
    let bytes_base64: Data
  }

  private struct ChangeJSON: Encodable {
    struct OperationJSON: Encodable {
      let text: String
      let field: Nullable<UInt32>
      let kind: Nullable<UInt32>
      let body_base64: Nullable<Data>
    }

    let type = "change"
    let pack: Int
    let lane: String
    let seq: UInt64
    let time: String
    let object_type: Nullable<String>
    let object: Nullable<String>
    let reason: Nullable<String>
    let operations: [OperationJSON]
  }

  static func pack(_ held: HeldPack, number: Int) throws -> String {
    try line(
      PackJSON(pack: number, own: held.isOwn, reason: held.reason, bytes_base64: Data(held.bytes))
    )
  }

  static func change(_ change: HeldChange, ofPack number: Int) throws -> String {
    let contents = change.contents
    return try line(
      ChangeJSON(
        pack: number,
        lane: change.id.lane.bytes.hex,
        seq: change.id.seq,
        time: Instant.iso(milliseconds: change.time),
        object_type: Nullable(contents.map { Self.name(ofType: $0.object.type) }),
        object: Nullable(contents?.object.bytes.hex),
        reason: Nullable(text: contents?.reason ?? ""),
        operations: contents.map { contents in
          zip(contents.words, contents.operations).map { words, operation in
            ChangeJSON.OperationJSON(
              text: words,
              field: Nullable(operation?.field),
              kind: Nullable(operation?.kind),
              body_base64: Nullable(operation.map { Data($0.body) })
            )
          }
        } ?? []
      )
    )
  }

  private static func name(ofType number: UInt32) -> String {
    ObjectType(rawValue: number).map { "\($0)" } ?? "type \(number)"
  }

  private static func line(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}
