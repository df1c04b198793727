import ArgumentParser
import ArchiveModel
import ChangeLog
import Foundation
import ReplicaStorage

/// `stet conflicts`.
struct ConflictsVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "conflicts",
    abstract: "Fields that several people set without having seen each other.",
    discussion: """
      One value is shown, all are kept. Setting the field again settles it.

      Example:
        stet conflicts
      """
  )

  @OptionGroup var global: GlobalOptions

  private struct ConflictJSON: Encodable {
    struct ValueJSON: Encodable {
      let value: Nullable<String>
      let author: String
      let time: String
      let shown: Bool
    }

    let id: String
    let field: String
    let headline: String
    let values: [ValueJSON]

    init(_ conflict: Conflict) {
      id = conflict.object.bytes.hex
      field = conflict.field
      headline = conflict.headline
      values = conflict.values.enumerated().map { place, value in
        ValueJSON(
          value: Nullable(value.text),
          author: value.author,
          time: Instant.iso(milliseconds: value.time),
          shown: place == 0
        )
      }
    }
  }

  func run() throws {
    let conflicts = try global.open(.readOnly).conflicts()
    if global.json {
      try JSONOutput.write(conflicts.map(ConflictJSON.init))
      return
    }
    for conflict in conflicts {
      Console.write("\(conflict.object.bytes.hex)\t\(conflict.field)")
      for (place, value) in conflict.values.enumerated() {
        let text = value.text.map { "\"\(Console.oneLine($0))\"" } ?? "withdrawn"
        Console.write(
          "  \(place == 0 ? "shown" : "other")\t\(text)\t\(Console.oneLine(value.author)), "
            + Instant.iso(milliseconds: value.time)
        )
      }
    }
    if conflicts.isEmpty, !global.quiet { Console.note("no conflicts") }
  }
}
