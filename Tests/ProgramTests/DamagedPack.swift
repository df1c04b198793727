import Foundation
import GRDB
import Testing

/// A pack on a page that rotted.
enum DamagedPack {
  /// Flips two bits in every copy of the pack at a position of a file's log.
  static func damage(_ position: Int, of file: URL) throws {
    let database = try DatabaseQueue(path: file.path)
    let pack = try database.read {
      try Data.fetchOne(
        $0,
        sql: "SELECT bytes FROM packs WHERE position = ?",
        arguments: [position]
      )
    }
    try database.close()
    var bytes = try Data(contentsOf: file)
    let wanted = try #require(pack).prefix(80)
    var found = bytes.range(of: wanted)
    while let place = found {
      bytes[place.lowerBound + 70] ^= 6
      found = bytes.range(of: wanted)
    }
    try bytes.write(to: file)
  }
}
