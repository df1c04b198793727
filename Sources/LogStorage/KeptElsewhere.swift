package import ChangeLog

/// What of a log other stores are known to have: all packs up to a position, and beyond it those that came
/// from certain stores.
package struct KeptElsewhere: Hashable, Sendable {
  /// All of the log.
  package static let everything = KeptElsewhere(upTo: .max, from: [])

  package let position: UInt64
  package let stores: Set<StoreID>

  /// - `position`: some other store has everything up to it.
  /// - `stores`: those that have what they brought.
  package init(upTo position: UInt64, from stores: Set<StoreID>) {
    self.position = position
    self.stores = stores
  }

  /// Whether a pack is.
  ///
  /// - `end`: the position where it ends.
  /// - `source`: the store that brought it; `nil` for one's own.
  func contains(packEndingAt end: UInt64, from source: StoreID?) -> Bool {
    end <= position || source.map(stores.contains) ?? false
  }
}
