package import GRDB

/// The tables of a log, the same in a replica's file and in a hub's.
///
/// What cannot be derived from the packs (`log`, `stores`, which store brought a pack, and `pairing`)
/// carries a checksum, see ``RowChecksum``.
package enum LogSchema {
  /// Tables of rows that cannot be derived.
  package static let local = [
    LocalTable("log", ["id", "store", "genesis"], isSingle: true),
    LocalTable("stores", ["id", "store", "position", "log_check"], isSingle: false),
    LocalTable("packs", ["position", "source"], isSingle: false),
    WALPairing.table,
  ]

  package static func create(_ db: Database) throws {
    try db.execute(
      sql: """
        -- One row. The genesis record is absent while the archive is empty.
        CREATE TABLE log (
          id INTEGER PRIMARY KEY CHECK (id = 1),
          store BLOB NOT NULL CHECK (length(store) = 16),
          genesis BLOB,
          checksum INTEGER NOT NULL DEFAULT 0
        ) STRICT;

        -- The stores that packs came from or went to, and how far this store knows their logs. A row
        -- that is wrong loses nothing: a cursor carries the check of the log that it points into, and
        -- one that does not hold falls back to frontiers.
        CREATE TABLE stores (
          id INTEGER PRIMARY KEY,
          store BLOB NOT NULL UNIQUE CHECK (length(store) = 16),
          position INTEGER NOT NULL,
          log_check BLOB NOT NULL,
          checksum INTEGER NOT NULL DEFAULT 0
        ) STRICT;

        -- The head of every lane. Invariant: equal to the newest change of the lane in packs.
        -- root, parent: only of a forked key's branches: the lane of the key, and the lane that the
        -- branch continues; no parent where even the first changes differ. first_seq: where it begins.
        CREATE TABLE lanes (
          id INTEGER PRIMARY KEY,
          lane BLOB NOT NULL UNIQUE CHECK (length(lane) = 16),
          writing_key BLOB NOT NULL CHECK (length(writing_key) = 32),
          member BLOB NOT NULL CHECK (length(member) = 32),
          first_seq INTEGER NOT NULL CHECK (first_seq > 0),
          seq INTEGER NOT NULL CHECK (seq >= first_seq),
          hash BLOB NOT NULL CHECK (length(hash) = 32),
          root BLOB CHECK (length(root) = 16),
          parent BLOB CHECK (length(parent) = 16)
        ) STRICT;
        CREATE INDEX branches ON lanes (root) WHERE root IS NOT NULL;

        -- Lanes that a peer continues from a change that is not here, until that peer's log is known:
        -- nothing of them is claimed in frontiers to it, so that it sends all of them.
        CREATE TABLE suspects (
          store BLOB NOT NULL CHECK (length(store) = 16),
          lane BLOB NOT NULL CHECK (length(lane) = 16),
          PRIMARY KEY (store, lane)
        ) STRICT, WITHOUT ROWID;

        -- The log. A pack's position is that of its last change; positions have no holes, so the pack
        -- before it ends at position - count. hashes has 32 bytes for each change. log_check is the
        -- running check after the pack. source is the store that brought it; absent for one's own.
        -- checksum: over position and source, which nothing else covers; set when the row is inserted,
        -- because a trigger would write the bytes twice. In idle time neighbours of one source become one
        -- row, at the position of the last.
        CREATE TABLE packs (
          position INTEGER PRIMARY KEY,
          count INTEGER NOT NULL CHECK (count > 0),
          source INTEGER REFERENCES stores (id),
          bytes BLOB NOT NULL,
          hashes BLOB NOT NULL CHECK (length(hashes) = 32 * count),
          log_check BLOB NOT NULL CHECK (length(log_check) = 32),
          checksum INTEGER NOT NULL
        ) STRICT;

        -- Which changes are in which pack: first_seq is change number "place" of the pack, from 0. Of a run
        -- that crosses a fork, one row for each lane.
        CREATE TABLE runs (
          lane INTEGER NOT NULL REFERENCES lanes (id),
          first_seq INTEGER NOT NULL,
          last_seq INTEGER NOT NULL,
          pack INTEGER NOT NULL REFERENCES packs (position),
          place INTEGER NOT NULL,
          PRIMARY KEY (lane, first_seq, pack)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX runs_by_pack ON runs (pack);
        """
    )
    for table in local where !["packs", WALPairing.table.name].contains(table.name) {
      try RowChecksum.keep(in: table.name, over: table.columns, db)
    }
    try WALPairing.create(db)
  }
}
