package import HubStorage

/// What every storage of a hub keeps to.
///
/// The tests of a ``HubStorage`` run ``check(_:)`` for each case.
package enum HubContract: CaseIterable, Sendable {
  // MARK: - The list of archives

  /// A created archive is empty, can be opened, and is listed, by name, ascending.
  case createdArchivesAreThere
  /// An archive that nobody created is refused as `unknown`, and asking for it makes nothing.
  case unknownArchivesAreRefused
  /// A second archive of one name is refused as `exists`, and the first stays as it is.
  case namesAreGivenOnce
  /// Of several who create one archive at once, exactly one succeeds, and the others are told
  /// `exists`.
  case oneOfManyCreatorsSucceeds
  /// A name that could not be part of an address or a file name is refused.
  case badNamesAreRefused
  /// Opening an archive again gives the same one: same store, same log.
  case openingAgainGivesTheSameArchive
  /// What happens in one archive shows in no other, and each is a store of its own.
  case archivesDoNotTouchEachOther

  // MARK: - The genesis record

  /// An empty archive takes a genesis record, takes it again, and takes no other.
  case genesisIsAdoptedOnce
  /// Without a genesis record no pack is stored.
  case packsBeforeTheGenesisAreRefused
  /// A pack that was written for another archive is refused.
  case packsOfOtherArchivesAreRefused

  // MARK: - Appending

  /// An append moves the end, its check, the frontier and the cursor into the peer's log, and counts
  /// the new changes.
  case appendsMoveTheLog
  /// Every change of every pack takes the next position.
  case positionsHaveNoHoles
  /// A pack without anything new is not stored again; the peer's cursor moves all the same.
  case knownPacksAreNotStoredAgain
  /// A pack with something new is stored byte for byte, and what was known in it takes positions too.
  case partlyKnownPacksAreKeptWhole
  /// The appends of a group are carried out and answered in their order.
  case groupsAnswerInOrder

  // MARK: - Refusing

  /// A pack is refused as `gap` when what comes before it, in its lane or by dependency, is missing.
  case gapsAreRefused
  /// A lane's second branch is refused as `fork`; the first stays.
  case forksAreKept
  case forksOfTheBeginningAreKept
  /// One pack may leave a lane in many places, in any order, and go on with the lane too: the lanes
  /// are as if each way had come alone.
  case packsForkInManyPlaces
  /// What a refused pack says of a fork, signed by anybody, changes only what is claimed to the peer that
  /// sent it, until a session with that peer ends.
  case rumoursOfForksStayWithTheirPeer
  /// A pack with two ways of a fork is refused as `malformed`, whichever of them the store has.
  case packsDoNotFork
  /// A run, or a dependency, that names a branch where it should name the lane of its key is refused as
  /// `gap`, as where no fork is known.
  case branchesAreNotNamed
  /// A pack of which any one byte was changed, that was cut short, or that another key signed is
  /// refused.
  case damagedPacksAreRefused
  /// A pack that holds one change twice is refused as `malformed`, known or not, and other requests
  /// of its group go on.
  case changesDoNotRepeatInOnePack
  /// A refused pack leaves no trace: no change, no cursor.
  case refusedPacksLeaveNoTrace
  /// Packs before a refused one stay, packs after it are not looked at, and other requests of the
  /// group go on.
  case refusalsEndOneRequestOnly

  // MARK: - Reading

  /// Read in batches of any size, the log is the same: each batch goes on where the last one ended.
  case batchesOfAnySizeGiveTheSameLog
  /// A batch holds at least one pack, and no more packs or bytes than asked for.
  case batchesKeepTheirLimits
  /// A batch's position is the request's `upTo` exactly when nothing selected is left before it.
  case batchesTellWhereTheyEnd
  /// `after` and `upTo` select the packs that end after the one and not after the other.
  case readingStopsWhereItIsTold
  /// `notFrom` leaves out exactly the packs that this peer brought.
  case packsDoNotGoBackToWhoBroughtThem
  /// Once a peer is forgotten, its cursor is not known, and of what it brought before nothing is left out for it.
  case whatForgottenPeersBroughtIsSent
  /// `beyond` selects exactly the packs with a change above the peer's heads, in the buckets that
  /// the peer tells of, or after lanes in them.
  case frontiersSelectWhatIsBeyond
  /// Of a lane that forked after the peer told what it holds, `beyond` selects what the peer lacks, whatever
  /// the branches are called.
  case branchesSinceTheQuestionAreSent
  /// The view tells what the store holds of the lane that the peer writes.
  case viewsTellThePeersLane

  // MARK: - Cursors

  /// A cursor holds at the beginning of the log and at the end of every pack, with the right store
  /// and check, and nowhere else.
  case cursorsHoldAtPackEnds
  /// The newest cursor into each peer's log is remembered, apart from those of other peers.
  case cursorsOfPeersAreRemembered
  /// Where a damaged pack ends a request, the cursor stands after the pack before it, whatever else the
  /// same group brings.
  case cursorsStopBeforeDamagedPacks

  // MARK: - Several processes

  /// What a call returned is there after the storage was opened again.
  case everythingIsThereAfterReopening
  /// What one process appended another sees at once and appends to.
  case processesSeeEachOther
  /// Appenders on several threads make one causal log in which nothing is lost or doubled.
  case threadsTakeTurns
  /// Appenders in several processes make one causal log in which nothing is lost or doubled.
  case processesTakeTurns
  /// Whoever reads while others append sees the log grow at its end and nowhere else.
  case readersSeeTheLogGrow

  /// Checks the contract and records what breaks it as issues of the running test.
  ///
  /// - Parameter open: opens the storage under test, as each process that uses it does. The first
  ///   call finds it empty; later ones find what was stored since.
  /// - Throws: what the storage throws where it must not.
  package func check<Storage: HubStorage>(_ open: @escaping @Sendable () throws -> Storage) throws {
    let bench = HubBench(open: open)
    switch self {
    case .createdArchivesAreThere: try bench.createdArchivesAreThere()
    case .unknownArchivesAreRefused: try bench.unknownArchivesAreRefused()
    case .namesAreGivenOnce: try bench.namesAreGivenOnce()
    case .oneOfManyCreatorsSucceeds: try bench.oneOfManyCreatorsSucceeds()
    case .badNamesAreRefused: try bench.badNamesAreRefused()
    case .openingAgainGivesTheSameArchive: try bench.openingAgainGivesTheSameArchive()
    case .archivesDoNotTouchEachOther: try bench.archivesDoNotTouchEachOther()
    case .genesisIsAdoptedOnce: try bench.genesisIsAdoptedOnce()
    case .packsBeforeTheGenesisAreRefused: try bench.packsBeforeTheGenesisAreRefused()
    case .packsOfOtherArchivesAreRefused: try bench.packsOfOtherArchivesAreRefused()
    case .appendsMoveTheLog: try bench.appendsMoveTheLog()
    case .positionsHaveNoHoles: try bench.positionsHaveNoHoles()
    case .knownPacksAreNotStoredAgain: try bench.knownPacksAreNotStoredAgain()
    case .partlyKnownPacksAreKeptWhole: try bench.partlyKnownPacksAreKeptWhole()
    case .groupsAnswerInOrder: try bench.groupsAnswerInOrder()
    case .gapsAreRefused: try bench.gapsAreRefused()
    case .forksAreKept: try bench.forksAreKept()
    case .forksOfTheBeginningAreKept: try bench.forksOfTheBeginningAreKept()
    case .packsForkInManyPlaces: try bench.packsForkInManyPlaces()
    case .branchesSinceTheQuestionAreSent: try bench.branchesSinceTheQuestionAreSent()
    case .rumoursOfForksStayWithTheirPeer: try bench.rumoursOfForksStayWithTheirPeer()
    case .packsDoNotFork: try bench.packsDoNotFork()
    case .branchesAreNotNamed: try bench.branchesAreNotNamed()
    case .damagedPacksAreRefused: try bench.damagedPacksAreRefused()
    case .changesDoNotRepeatInOnePack: try bench.changesDoNotRepeatInOnePack()
    case .refusedPacksLeaveNoTrace: try bench.refusedPacksLeaveNoTrace()
    case .refusalsEndOneRequestOnly: try bench.refusalsEndOneRequestOnly()
    case .batchesOfAnySizeGiveTheSameLog: try bench.batchesOfAnySizeGiveTheSameLog()
    case .batchesKeepTheirLimits: try bench.batchesKeepTheirLimits()
    case .batchesTellWhereTheyEnd: try bench.batchesTellWhereTheyEnd()
    case .readingStopsWhereItIsTold: try bench.readingStopsWhereItIsTold()
    case .packsDoNotGoBackToWhoBroughtThem: try bench.packsDoNotGoBackToWhoBroughtThem()
    case .whatForgottenPeersBroughtIsSent: try bench.whatForgottenPeersBroughtIsSent()
    case .frontiersSelectWhatIsBeyond: try bench.frontiersSelectWhatIsBeyond()
    case .viewsTellThePeersLane: try bench.viewsTellThePeersLane()
    case .cursorsHoldAtPackEnds: try bench.cursorsHoldAtPackEnds()
    case .cursorsOfPeersAreRemembered: try bench.cursorsOfPeersAreRemembered()
    case .cursorsStopBeforeDamagedPacks: try bench.cursorsStopBeforeDamagedPacks()
    case .everythingIsThereAfterReopening: try bench.everythingIsThereAfterReopening()
    case .processesSeeEachOther: try bench.processesSeeEachOther()
    case .threadsTakeTurns: try bench.threadsTakeTurns()
    case .processesTakeTurns: try bench.processesTakeTurns()
    case .readersSeeTheLogGrow: try bench.readersSeeTheLogGrow()
    }
  }
}
