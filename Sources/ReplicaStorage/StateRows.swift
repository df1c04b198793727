internal import GRDB
internal import LogStorage

/// The statements that write the rows of most changes.
///
/// A class: a value of nine statements would be copied for every row.
final class StateRows {
  let objects: RowStatement
  let entries: RowStatement
  let droppedEntries: RowStatement
  let versions: RowStatement
  let rawInputs: RowStatement
  let articles: RowStatement
  /// Of those that are not listed yet.
  let newArticles: RowStatement
  let touches: RowStatement
  let digestBuckets: RowStatement

  init(_ db: Database) throws {
    objects = try RowStatement(
      db,
      "INSERT INTO objects (type, object) VALUES (?, ?) ON CONFLICT DO NOTHING"
    )
    entries = try RowStatement(
      db,
      """
      INSERT INTO entries (object, field, lane, seq, operation, kind, time, value)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """
    )
    droppedEntries = try RowStatement(
      db,
      """
      DELETE FROM entries
      WHERE object = ? AND field = ? AND lane = ? AND seq = ? AND operation = ? AND kind = ?
      """
    )
    versions = try RowStatement(
      db,
      "INSERT INTO versions (object, name, record) VALUES (?, ?, ?)"
    )
    rawInputs = try RowStatement(
      db,
      "INSERT OR IGNORE INTO raw_inputs (raw, object) VALUES (?, ?)"
    )
    articles = try RowStatement(db, "INSERT OR REPLACE \(ArticleRow.insertion)")
    newArticles = try RowStatement(db, "INSERT \(ArticleRow.insertion)")
    touches = try RowStatement(db, "INSERT INTO touches (position, object) VALUES (?, ?)")
    digestBuckets = try RowStatement(
      db,
      """
      INSERT INTO digest_buckets (bucket, digest) VALUES (?, NULL)
      ON CONFLICT (bucket) DO UPDATE SET digest = NULL WHERE digest IS NOT NULL
      """
    )
  }
}
