internal import ChangeLog
internal import HubStorage
internal import SyncProtocol
internal import SyncSimulation
internal import Testing

/// A storage under test; the checks of ``HubContract`` are its methods, by subject.
struct HubBench<Storage: HubStorage>: Sendable {
  /// Opens the storage as one more process.
  let open: @Sendable () throws -> Storage

  /// An archive that has the writers' genesis record and no change.
  ///
  /// - `name`: that the storage gives it; `nil`: the one in the record.
  func archive(of writers: WriterFixture, named name: String? = nil) throws -> Storage.Archive {
    let name = name ?? writers.genesis.name
    let storage = try open()
    try storage.createArchive(named: name)
    let archive = try storage.archive(named: name)
    try archive.adopt(writers.genesis)
    return archive
  }

  /// Reads the whole log, judges it, and compares it with what the archive says of itself.
  @discardableResult
  func audit(
    _ archive: some HubArchiveStore,
    of writers: WriterFixture,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> LogAudit {
    let view = try archive.view(of: nil, knowing: nil, writing: nil)
    var audit = LogAudit(of: writers.genesis.archive, store: view.end.store)
    for delivery in try archive.packs(upTo: view.end.position).packs { try audit.read(delivery) }
    #expect(audit.end == view.end, sourceLocation: sourceLocation)
    #expect(audit.frontier.digest == view.frontier, sourceLocation: sourceLocation)
    #expect(try archive.frontier() == audit.frontier, sourceLocation: sourceLocation)
    return audit
  }
}
