internal import CRDT
internal import ChangeLog
internal import SyncProtocol

/// What stores remember of each other's logs.
///
/// A cursor says that everything before it is here. The end of a session would notice that it is not;
/// but a session that breaks has no end, and the next one begins at the cursor.
///
/// One thing it does not say: a peer whose lane goes further than one's own is taken to hold all of it,
/// though it may hold another way of a fork that it does not know of (`Protocol/packs.md`, *Forks*).
/// Their frontiers differ then, and the end of the next session asks.
extension World {
  /// Sees that no store claims more of another's log than it holds, and that every store says of its
  /// own running check what is so.
  ///
  /// - Throws: ``Violation``.
  func judgeCursors() throws {
    for machine in machines { try audit(machine) }
    for machine in machines where !machine.isDamaged && !machine.disk.isOff {
      guard let log = machine.store?.log else { continue }
      let walk = machine.ledger.walk
      let end = try log.view(of: nil, knowing: nil, writing: nil).end
      let check = RunningCheck(store: end.store, places: walk.places)
      let said = walk.checks.map { Cursor(store: end.store, position: $0, check: $1) } + [end]
      guard said.allSatisfy(check.holds) else {
        throw Violation("\(machine.name) says of its running check what is not so")
      }
      for other in machines where other !== machine {
        try judge(other, upon: machine, storing: end.store, check)
      }
    }
  }

  private func judge(
    _ machine: Machine,
    upon peer: Machine,
    storing store: StoreID,
    _ check: RunningCheck
  ) throws {
    guard !machine.isDamaged, !machine.isMisled, !machine.disk.isOff,
      let known = try machine.store?.log.view(of: store, knowing: nil, writing: nil).known,
      check.holds(known)
    else { return }
    let claimed = peer.ledger.walk.places.prefix(Int(known.position))
    let lacking = claimed.filter { !machine.ledger.walk.holds($0) }
    guard !lacking.isEmpty else { return }
    let forked = machine.ledger.walk.forkedRoots
    let missing = peer.ledger.walk.changes(among: lacking).count { change in
      forked.contains(change.lane) || !machine.ledger.walk.holdsAnother(change)
    }
    guard missing == 0 else {
      throw Violation(
        "\(machine.name) remembers the log of \(peer.name) up to \(known.position) "
          + "and lacks \(missing) changes of it"
      )
    }
  }

  /// Sees that packs that were stored moved the cursor with them.
  ///
  /// - Throws: ``Violation``.
  func expectCursor(at delivery: PackDelivery, of peer: StoreID, in endpoint: Endpoint) throws {
    guard !endpoint.isLiar else { return }
    let known = try endpoint.log.view(of: peer, knowing: nil, writing: nil).known
    let expected = Cursor(store: peer, position: delivery.position, check: delivery.check)
    guard known == expected else {
      throw Violation("\(endpoint.machine.name) stored packs and not how far it has come with them")
    }
  }
}
