/// What the simulator does to a world that would rather be left alone.
package enum Fault: String, CaseIterable, Sendable {
  // Disks and machines.
  /// A machine loses power between two effects.
  case crash = "crash"
  /// A machine loses power when a session has had some of its effects carried out, and others wait.
  case crashBetweenEffects = "crash between two effects of a session"
  /// The power goes at a write or fsync, most of the time in the middle of a commit.
  case crashAtWrite = "crash at a write or fsync"
  /// A sector written and not yet synced is not there after a crash.
  case lostSector = "unsynced sector lost"
  /// An unsynced write of which a crash left some sectors and took others.
  case tornWrite = "unsynced write torn"
  case fullDisk = "disk full"
  case diskError = "input/output error"
  case bitFlip = "bit flipped in a file at rest"
  case clockJump = "clock jumped"
  // Copies.
  /// A file put back from a backup, on its machine, whose keys and marks went on.
  case restore = "restored from a backup"
  /// An older file put back alone, where a crash has left a write-ahead log.
  case staleWAL = "older file beside a newer WAL"
  /// A running replica's file copied to another machine.
  case copyWithoutKeys = "file copied to another machine"
  case copyWithKeys = "file, keys and marks copied to another machine"
  /// A file put back together with keys and marks of the same time, so that a lane goes on twice.
  case rollback = "file and keys rolled back together"
  /// A file and its keys and marks copied to a machine where nothing tells that it is another one.
  case twin = "machine copied as a whole"
  // The network.
  case brokenConnection = "connection broken"
  /// One direction of a connection delivers nothing more.
  case oneWayPartition = "one-way partition"
  /// A connection delivers nothing more, and neither side hears of its end.
  case partition = "partition, both ways"
  /// A replica dials several times at once.
  case reconnectStorm = "reconnect storm"
  case corruptedByte = "byte corrupted on its way"
  /// A peer that says what is not so.
  case lyingPeer = "lying peer"
  // What a lying peer does to the packs that it sends.
  case packLeftOut = "pack left out"
  case packRepeated = "pack sent twice"
  case packsReordered = "packs in another order"
  /// A member with two first changes of one key.
  case forkAtTheBeginning = "lane begun twice"
  /// A member with many changes of one key that each leave the others at another place.
  case manyBranches = "many branches in one pack"
  /// A pack that calls a branch by its id: everybody must refuse it.
  case namedBranch = "branch named by its id"
  /// A pack with two ways of one fork: everybody must refuse it.
  case bothWays = "two ways of a fork in one pack"
  /// A program that speaks this version too, and says things that this one does not know.
  case newerPeer = "peer of a newer version"
  /// A program that speaks no version that this one does.
  case foreignPeer = "peer without a common version"
}

/// How often each fault happened.
package typealias FaultTally = [Fault: Int]
