package import ChangeLog

/// Finds the genesis record of a damaged file among bytes that may be it.
///
/// A record proves itself: the first change of every lane is chained to its hash.
package struct GenesisSalvage {
  /// A first change's run: the key that it was written with, and what it is chained to.
  private struct Beginning: Hashable {
    let writingKey: PublicKey
    let previousPrefix: [UInt8]
  }

  private var beginnings: Set<Beginning> = []
  private static let beginningLimit = 64

  package init() {}

  /// Whether more packs would make nothing surer.
  package var isComplete: Bool { beginnings.count >= Self.beginningLimit }

  package mutating func take(_ pack: Pack) {
    for run in pack.runs {
      guard let key = run.writingKey else { continue }
      beginnings.insert(Beginning(writingKey: key, previousPrefix: run.previousPrefix))
    }
  }

  /// The record that lanes begin under; it may be one flipped bit away from what was found.
  package func genesis(among records: Set<[UInt8]>) -> Genesis? {
    for record in records {
      if let genesis = proven(record) { return genesis }
    }
    for record in records {
      for bit in 0..<(record.count * 8) {
        var mended = record
        mended[bit / 8] ^= 1 << UInt8(bit % 8)
        if let genesis = proven(mended) { return genesis }
      }
    }
    return nil
  }

  private func proven(_ record: [UInt8]) -> Genesis? {
    guard let genesis = try? Genesis(record) else { return nil }
    let isProven = beginnings.contains {
      Hash.beforeLane(archive: genesis.archive, writingKey: $0.writingKey).prefix
        == $0.previousPrefix
    }
    return isProven ? genesis : nil
  }
}

extension PageSalvage {
  /// The file's genesis record; `nil` when none is proven.
  package var genesis: Genesis? {
    var search = GenesisSalvage()
    forEachPack { found, _ in
      search.take(found.pack)
      return !search.isComplete
    }
    return search.genesis(among: Set(logs.map(\.genesis)))
  }
}
