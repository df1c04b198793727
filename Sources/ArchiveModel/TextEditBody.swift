package import CRDT
internal import ChangeLog
internal import SwiftProtobuf

/// Text edits as the bodies of operations.
///
/// On the wire a hunk says how far it is from where the one before ended: somebody who types moves
/// little, and small numbers pack well.
package enum TextEditBody {
  /// Reads the hunks; `nil` when they are none.
  package static func hunks(_ body: [UInt8]) -> [Hunk]? {
    guard let wire = try? WireTextEdit(serializedBytes: body) else { return nil }
    var hunks: [Hunk] = []
    hunks.reserveCapacity(wire.hunks.count)
    var end = 0
    for hunk in wire.hunks {
      let (position, isPast) = end.addingReportingOverflow(Int(hunk.move))
      guard !isPast, position >= 0, let count = Int(exactly: hunk.delete) else { return nil }
      let length = hunk.insert.unicodeScalars.count
      guard let restores = restorations(hunk.restores, length: length) else { return nil }
      hunks.append(
        Hunk(position: position, deleteCount: count, insert: hunk.insert, restores: restores)
      )
      let (next, isNextPast) = position.addingReportingOverflow(length)
      guard !isNextPast else { return nil }
      end = next
    }
    return hunks
  }

  package static func body(_ hunks: [Hunk]) -> [UInt8] {
    var wire = WireTextEdit()
    var end = 0
    wire.hunks = hunks.map { hunk in
      var wire = WireHunk()
      wire.move = Int64(hunk.position - end)
      wire.delete = UInt64(hunk.deleteCount)
      wire.insert = hunk.insert
      var restored = 0
      wire.restores = hunk.restores.map { restoration in
        var wire = WireRestoration()
        wire.skip = UInt64(restoration.range.lowerBound - restored)
        wire.count = UInt64(restoration.range.count)
        wire.first = restoration.origin.wire
        restored = restoration.range.upperBound
        return wire
      }
      end = hunk.position + hunk.insert.unicodeScalars.count
      return wire
    }
    return wire.encoded
  }

  private static func restorations(
    _ restorations: [WireRestoration],
    length: Int
  ) -> [Restoration]? {
    var result: [Restoration] = []
    var end = 0
    for wire in restorations {
      guard let skip = Int(exactly: wire.skip), skip <= length - end,
        let count = Int(exactly: wire.count), count <= length - end - skip,
        let origin = ScalarOrigin(wire.first)
      else { return nil }
      let start = end + skip
      result.append(Restoration(range: start..<(start + count), origin: origin))
      end = start + count
    }
    return result
  }
}
