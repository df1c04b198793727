package import SyncProtocol

extension LogStore {
  /// The packs that end after a position, whoever brought them.
  package func everyPack(after position: UInt64 = 0) throws -> [PackDelivery] {
    try packs(
      PackRequest(
        after: position,
        upTo: .max,
        selection: .beyond(.empty),
        byteLimit: .max,
        packLimit: .max
      )
    ).packs
  }
}
