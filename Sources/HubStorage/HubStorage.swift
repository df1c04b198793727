package import ChangeLog
package import SyncProtocol

/// Where a hub keeps its archives: the seam between the hub and its databases.
///
/// Contract, tested by `HubStorageConformance`:
/// - What a call returned is durable, and other processes see it.
/// - Two writers of one archive take turns; positions are given under that lock.
/// - Archives do not touch each other.
package protocol HubStorage: Sendable {
  associatedtype Archive: HubArchiveStore

  /// Makes an empty archive.
  ///
  /// - Throws: ``HubStorageFailure/exists(_:)``, ``HubStorageFailure/unacceptableName(_:)``.
  func createArchive(named name: String) throws

  /// Opens an archive; a second call gives the same one.
  ///
  /// - Throws: ``HubStorageFailure/unknown(_:)``.
  func archive(named name: String) throws -> Archive

  /// The names of all archives, ascending.
  func archiveNames() throws -> [String]

  /// Gives back what is held; the storage is not used afterwards.
  func close() throws
}

/// One archive of a hub: a ``LogStore`` that several sessions append to in one transaction.
package protocol HubArchiveStore: LogStore {
  /// Packs as far as they can be worked on without the archive's lock.
  associatedtype Opened: Sendable

  /// Does of an append what needs no lock; for several at once, and while others are carried out.
  ///
  /// What it holds until then is bounded over all archives of a process: what does not fit is done when
  /// the append is carried out.
  func open(_ packs: [PackDelivery]) -> Opened

  /// Carries out appends in order, all in one durable transaction.
  ///
  /// Each fails alone: what the gate refuses in one does not touch the others.
  func append(group: [OpenedRequest<Opened>]) throws -> [Result<AppendReceipt, any Error>]
}

/// One session's wish to append.
package struct AppendRequest: Sendable {
  package let packs: [PackDelivery]
  package let peer: StoreID
  /// What the packs take when they are opened, as they say themselves.
  package let plainByteCount: Int

  package init(packs: [PackDelivery], peer: StoreID) {
    self.packs = packs
    self.peer = peer
    plainByteCount = packs.reduce(0) { $0 + $1.plainByteCount }
  }
}

/// A wish to append, and what was done ahead for it.
package struct OpenedRequest<Opened: Sendable>: Sendable {
  package let request: AppendRequest
  package let opened: Opened

  package init(_ request: AppendRequest, opened: Opened) {
    self.request = request
    self.opened = opened
  }
}

extension HubArchiveStore {
  package func append(group: [AppendRequest]) throws -> [Result<AppendReceipt, any Error>] {
    try append(group: group.map { OpenedRequest($0, opened: open($0.packs)) })
  }

  package func append(_ packs: [PackDelivery], from peer: StoreID) throws -> AppendReceipt {
    try append(group: [AppendRequest(packs: packs, peer: peer)])[0].get()
  }
}

/// Why a hub's storage does not do what it is asked.
package enum HubStorageFailure: Error, Hashable, Sendable {
  case exists(String)
  case unknown(String)
  case unacceptableName(String)
  /// The file is there and is not one of a stet hub.
  case notAnArchive(String)
  /// Made by a newer version of stet.
  case newer(String)
  /// A repair of it was broken off when the damaged file had left its place.
  case repairBrokenOff(String)
  /// Nothing of it can be read.
  case beyondRepair(String)
  /// A file that a repair was to take from has nothing of the archive.
  case nothingToTake(file: String, archive: String)
}

extension HubStorageFailure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .exists(let name): "there is an archive called \(name) already"
    case .unknown(let name):
      "there is no archive called \(name) here: 'stetd archive create \(name)' makes one"
    case .unacceptableName(let name):
      "\"\(name)\" cannot be an archive's name: use letters, digits, '-', '_' and '.'"
    case .notAnArchive(let name):
      "the file of the archive \(name) is not one that stetd wrote: move it away, or put back a copy"
    case .repairBrokenOff(let name):
      "the repair of the archive \(name) was broken off just before its end: "
        + "run 'stetd repair \(name)' again"
    case .beyondRepair(let name):
      "nothing of the archive \(name) can be read, and its file was left as it is: move it away, make "
        + "the archive anew with 'stetd archive create', and sync a whole replica into it"
    case .nothingToTake(let file, let archive):
      "\(file) has nothing of the archive \(archive): name a bundle of it, or another of its files"
    case .newer(let name):
      "the archive \(name) was made by a newer version of stet: install that version"
    }
  }
}
