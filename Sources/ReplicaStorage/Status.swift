internal import GRDB
internal import LogStorage

/// How a replica stands.
package struct ReplicaStatus: Sendable {
  package let name: String
  package let articles: Int
  package let annotations: Int
  /// Changes that some remote has not got yet; all changes where there is no remote.
  package let unsent: Int
  /// What waits for review.
  package let conflicts: Int
  /// Lanes that wrote to the archive.
  package let replicas: Int
  /// Changes that need a newer stet, all of them or an operation.
  package let unreadable: Int
  /// Writing keys that two copies of one file wrote under.
  package let forks: [Fork]
  /// Changes out of a damaged file that wait for what comes before them.
  package let held: Int
  /// How far the search index has read.
  package let search: SearchPosition
  package let remotes: [Remote]
}

extension Replica {
  package func status() throws -> ReplicaStatus {
    let remotes = try remotes()
    let forks = try forks()
    return try database.read { db in
      func count(_ sql: String) throws -> Int { try Int.fetchOne(db, sql: sql) ?? 0 }
      return ReplicaStatus(
        name: try SQLiteLog(db).genesis()?.name ?? "",
        articles: try count("SELECT count(*) FROM articles WHERE is_live"),
        annotations: try count("SELECT count(*) FROM annotations WHERE is_live"),
        unsent: try remotes.map(\.unsent).max() ?? count("SELECT count(*) FROM touches"),
        conflicts: try count("SELECT count(*) FROM open_reviews"),
        replicas: try count("SELECT count(*) FROM lanes"),
        unreadable: try count("SELECT count(*) FROM unreadable"),
        forks: forks,
        held: try count("SELECT coalesce(sum(count), 0) FROM held"),
        search: try SearchPosition(db),
        remotes: remotes
      )
    }
  }
}
