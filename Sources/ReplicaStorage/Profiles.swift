internal import ArchiveModel
package import CRDT
package import ChangeLog
internal import Foundation
internal import GRDB
internal import LogStorage

/// Somebody who writes to the archive.
package struct Profile: Sendable {
  package let member: PublicKey
  package let name: String
  /// The lanes that the member wrote, ascending.
  package let lanes: [LaneID]
  /// When the first of them was begun, by the member's clock, ms.
  package let since: Int64
  /// Whether it is the member of this machine.
  package let isOwn: Bool
}

extension Replica {
  /// The archive's members, by name, then key.
  package func profiles() throws -> [Profile] {
    let own = try environment.identities.memberKey().publicKey
    return try database.read { db in
      let store = StateStore(db)
      let people = People(db)
      var lanes: [PublicKey: [LaneID]] = [:]
      for row in try Row.fetchAll(db, sql: "SELECT member, lane FROM lanes ORDER BY lane") {
        guard let member = PublicKey(try row.decode(atIndex: 0) as Data),
          let lane = LaneID(try row.decode(atIndex: 1) as Data)
        else {
          throw LogFailure.damaged("lanes")
        }
        lanes[member, default: []].append(lane)
      }
      return try lanes.compactMap { member, lanes -> Profile? in
        guard let lane = lanes.first else { return nil }
        let number = try store.existingNumber(of: .profile(of: member))
        let keys =
          try number.map { try store.state(of: $0) }?
          .entries(of: ProfileField.writingKeys.rawValue) ?? []
        return Profile(
          member: member,
          name: try people.name(of: lane),
          lanes: lanes,
          since: keys.map(\.time).min() ?? 0,
          isOwn: member == own
        )
      }.sorted {
        $0.name.utf8.elementsEqual($1.name.utf8)
          ? $0.member.bytes.lexicographicallyPrecedes($1.member.bytes)
          : $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
      }
    }
  }
}

extension ReplicaWriter {
  /// Sets how this machine's member wants to be called; takes the place of all names that are seen.
  ///
  /// - Returns: the change; `nil` when that is the name.
  @discardableResult
  package func setOwnName(_ name: String) throws -> ChangeID? {
    // A new lane begins with a name of its own, which this one has to see.
    try openLaneIfNeeded()
    let profile = ObjectID.profile(of: try ownMember())
    let names = try state(of: profile)?.entries(of: ProfileField.name.rawValue) ?? []
    if names.count == 1, let shown = names.shown, shown.value == RegisterValue.body(name) {
      return nil
    }
    return try append(
      [
        ChangeLog.Operation(
          field: ProfileField.name.rawValue,
          kind: .write,
          names: names.map(\.dot),
          body: RegisterValue.body(name)
        )
      ],
      on: profile,
      as: .identity
    )
  }
}
