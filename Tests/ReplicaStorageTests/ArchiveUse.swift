import ArchiveModel
import ChangeLog
import Foundation
import LogStorage
import ReplicaStorage
import SyncProtocol
import SyncSimulation
import Testing

/// The things that one does with an archive, each with the file opened anew.
enum ArchiveUse {
  /// Does them all with a file that may be damaged, and says how many were refused.
  ///
  /// - `damage`: what was done to the file, for the message about an error that has no sentence.
  static func refusals(of path: String, _ fixture: FileFixture, _ damage: String) -> Int {
    uses.count { name, use in
      do {
        try use(path, fixture)
        return false
      } catch {
        if !isWorded(error) { Issue.record("\(damage), \(name): \(error)") }
        return true
      }
    }
  }

  /// Whether the programs have a sentence and a code of their own for an error.
  private static func isWorded(_ error: any Error) -> Bool {
    switch error {
    case is LogFailure, is ReplicaFailure, is BundleFailure, is PeerFailure: true
    default: StorageFailure(error) != nil
    }
  }

  private static let uses: [(String, @Sendable (String, FileFixture) throws -> Void)] = [
    ("verify", { path, _ in _ = try Replica.verify(path, .full, lockTimeout: 1) }),
    (
      "list",
      reading {
        for row in try some($0) + $0.articles(deleted: true) {
          _ = try $0.detail(of: row.id)
          _ = try $0.deletedAnnotations(of: row.id)
        }
      }
    ),
    (
      "history",
      reading {
        _ = try $0.actions(limit: 300)
        for row in try some($0) { _ = try $0.history(of: row.id) }
      }
    ),
    ("blame", reading { for row in try some($0) { _ = try $0.blame(of: row.id) } }),
    ("search", reading { _ = try $0.search("ship", limit: 20) }),
    ("search newest first", reading { _ = try $0.search("ship", by: .newest, limit: 20) }),
    ("digest", reading { _ = try $0.digest() }),
    ("status", reading { _ = try $0.status() }),
    ("remotes", reading { _ = try ($0.remotes(), $0.keptElsewhere(), $0.forks()) }),
    ("collections", reading { _ = try ($0.collections(), $0.profiles(), $0.heldPacks()) }),
    ("reviews", reading { _ = try ($0.openReviews(), $0.orphans()) }),
    ("packs", reading { _ = try $0.everyPack() }),
    (
      "edit",
      writing {
        for row in try some($0) {
          try $0.write { _ = try $0.tag(row.id, adding: ["a"], removing: ["sea"]) }
        }
      }
    ),
    ("undo", writing { try $0.write { _ = try $0.undoNewest() } }),
    (
      "redo",
      writing { replica in
        _ = try replica.write { try $0.undoNewest() }
        _ = try replica.write { try $0.redoNewest() }
      }
    ),
    ("held packs", writing { _ = try $0.retryHeld() }),
    ("index", writing { try $0.catchUpSearch() }),
    (
      "edit text",
      writing {
        for row in try some($0) {
          try $0.write { _ = try $0.replace("Ship", by: "Boat", in: row.id) }
        }
      }
    ),
    (
      "annotate",
      writing {
        for row in try some($0) {
          try $0.write {
            _ = try $0.annotate(
              row.id,
              .passage("came in", occurrence: 1),
              motivation: "commenting",
              note: "n"
            )
          }
        }
      }
    ),
    (
      "reanchor",
      writing { replica in
        for row in try some(replica) {
          for annotation in try replica.detail(of: row.id).annotations {
            try replica.write { try $0.reanchor(annotation.id, to: .shownPlace) }
          }
        }
      }
    ),
    (
      "delete",
      writing { for row in try some($0) { try $0.write { try $0.deleteEverything(of: row.id) } } }
    ),
    ("join", writing { _ = try $0.joinPacks(keptElsewhere: $0.keptElsewhere()) }),
    ("compact", writing { _ = try $0.compact() }),
    ("rebuild", writing { try $0.rebuild() }),
    (
      "sync",
      { path, fixture in
        let replica = try open(path, fixture)
        defer { try? replica.close() }
        let peer = try fixture.world.clone(of: replica, named: "peer")
        for row in try peer.articles().prefix(3) {
          try peer.write { _ = try $0.tag(row.id, adding: ["b"], removing: ["sea"]) }
          try peer.write { _ = try $0.replace("Ship", by: "Boat", in: row.id) }
        }
        _ = try fixture.world.sync(replica, with: peer)
      }
    ),
    (
      "bundle",
      { path, fixture in
        let replica = try open(path, fixture)
        defer { try? replica.close() }
        _ = try replica.writeBundle(to: path + ".bundle")
      }
    ),
    (
      "apply bundle",
      { path, fixture in
        let replica = try open(path, fixture)
        defer { try? replica.close() }
        let peer = try fixture.world.clone(of: replica, named: "peer")
        for row in try peer.articles().prefix(3) {
          try peer.write { _ = try $0.tag(row.id, adding: ["c"], removing: ["sea"]) }
        }
        _ = try peer.writeBundle(to: path + ".peer")
        _ = try replica.apply(BundleReader(path + ".peer"))
      }
    ),
    (
      "backup",
      { path, fixture in
        let replica = try open(path, fixture)
        defer { try? replica.close() }
        _ = try replica.backUp(to: URL(filePath: path + ".backup"))
      }
    ),
  ]

  /// A tenth of the articles, among them some whose text was edited.
  private static func some(_ replica: Replica) throws -> [ArticleRow] {
    try replica.articles().enumerated().filter { $0.offset % 10 == 0 }.map(\.element)
  }

  private static func open(
    _ path: String,
    _ fixture: FileFixture,
    readOnly: Bool = false
  ) throws -> Replica {
    try Replica.open(
      path,
      environment: fixture.world.environment(named: "anna"),
      readOnly: readOnly
    )
  }

  private static func reading(
    _ body: @escaping @Sendable (Replica) throws -> Void
  ) -> @Sendable (String, FileFixture) throws -> Void {
    { path, fixture in
      let replica = try open(path, fixture, readOnly: true)
      defer { try? replica.close() }
      try body(replica)
    }
  }

  /// On a copy, for what is written mends some damages.
  private static func writing(
    _ body: @escaping @Sendable (Replica) throws -> Void
  ) -> @Sendable (String, FileFixture) throws -> Void {
    { path, fixture in
      let bytes = try Data(contentsOf: URL(filePath: path))
      try fixture.withFile(of: Array(bytes)) { copy in
        let replica = try open(copy, fixture)
        defer { try? replica.close() }
        try body(replica)
      }
    }
  }
}
