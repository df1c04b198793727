internal import GRDB
internal import LogStorage

/// The tables of a replica's file, besides the log's.
///
/// All but `replica`, `remotes`, `held` and `arrivals` are derived: `rebuild` makes them anew from the log. Those
/// carry checksums, see `RowChecksum`.
enum ReplicaSchema {
  /// In `application_id`: "Stet".
  static let applicationID = 0x5374_6574

  /// What a whole file is made of.
  static let makeup = FileMakeup(
    applicationID: applicationID,
    version: ReplicaMigrations.all.version,
    local: LogSchema.local + local + [SearchIndex.progress, Arrivals.table],
    derived: derived + SearchIndex.tables
  ) { db in
    try LogSchema.create(db)
    try create(db)
    try SearchIndex.create(db)
    try Arrivals.create(db)
  }

  /// Tables of rows that cannot be derived.
  private static let local = [
    LocalTable(
      "replica",
      ["id", "lane", "member_name", "cloning", "is_shared"],
      isSingle: true
    ),
    LocalTable(
      "held",
      ["id", "source", "bytes", "count", "is_own", "reason"],
      isSingle: false
    ),
    LocalTable(
      "remotes",
      ["name", "address", "store", "sent", "reached", "clock_offset"],
      isSingle: false
    ),
  ]

  static func create(_ db: Database) throws {
    try db.execute(
      sql: """
        -- One row. lane: the one that this machine writes; absent before its first change, and after
        -- the file was recognised as a copy. member_name: what the user wants to be called, for a new
        -- lane. cloning: the address that a first copy is coming from. is_shared: another copy has the same
        -- store id, so this one needs a new one before it speaks to anybody again.
        CREATE TABLE replica (
          id INTEGER PRIMARY KEY CHECK (id = 1),
          lane BLOB CHECK (length(lane) = 16),
          member_name TEXT NOT NULL,
          cloning TEXT,
          is_shared INTEGER NOT NULL DEFAULT 0,
          checksum INTEGER NOT NULL DEFAULT 0
        ) STRICT;

        -- Stores to sync with. sent: up to this position of our log they have everything.
        CREATE TABLE remotes (
          name TEXT PRIMARY KEY,
          address TEXT NOT NULL,
          store BLOB CHECK (length(store) = 16),
          sent INTEGER NOT NULL DEFAULT 0,
          reached INTEGER,
          clock_offset INTEGER,
          checksum INTEGER NOT NULL DEFAULT 0
        ) STRICT;

        -- Packs out of a damaged file that the gate has not let in yet, in the order in which they are
        -- tried again. source: the damaged file's store. reason: why, in words.
        CREATE TABLE held (
          id INTEGER PRIMARY KEY,
          source BLOB NOT NULL CHECK (length(source) = 16),
          bytes BLOB NOT NULL,
          count INTEGER NOT NULL CHECK (count > 0),
          is_own INTEGER NOT NULL CHECK (is_own IN (0, 1)),
          reason TEXT NOT NULL,
          checksum INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        """
    )
    for table in local { try RowChecksum.keep(in: table.name, over: table.columns, db) }
    try createDerived(db)
  }

  /// Tables whose rows follow from the log alone.
  static let derived = [
    "objects", "entries", "deletions", "texts", "text_edits", "versions", "raw_inputs", "articles",
    "annotations", "collections", "open_reviews", "touches", "undos", "unreadable",
    "digest_buckets", "object_digests",
  ]

  static func createDerived(_ db: Database) throws {
    try db.execute(
      sql: """
        CREATE TABLE objects (
          id INTEGER PRIMARY KEY,
          type INTEGER NOT NULL,
          object BLOB NOT NULL CHECK (length(object) = 16),
          UNIQUE (object, type)
        ) STRICT;

        -- Live writes of registers (kind 1) and adds of sets (kind 2). The value of a version is its name.
        CREATE TABLE entries (
          object INTEGER NOT NULL REFERENCES objects (id),
          field INTEGER NOT NULL,
          lane INTEGER NOT NULL REFERENCES lanes (id),
          seq INTEGER NOT NULL,
          operation INTEGER NOT NULL,
          kind INTEGER NOT NULL CHECK (kind IN (1, 2)),
          time INTEGER NOT NULL,
          value BLOB NOT NULL,
          PRIMARY KEY (object, field, lane, seq, operation)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX writes ON entries (object, field) WHERE kind = 1;

        -- Standing deletions. covers: dots, 28 bytes each.
        CREATE TABLE deletions (
          object INTEGER NOT NULL REFERENCES objects (id),
          lane INTEGER NOT NULL REFERENCES lanes (id),
          seq INTEGER NOT NULL,
          operation INTEGER NOT NULL,
          covers BLOB NOT NULL,
          PRIMARY KEY (object, lane, seq, operation)
        ) STRICT, WITHOUT ROWID;

        -- Texts that were edited: plain content at rest, UTF-8 as a blob, because TEXT ends at a NUL.
        -- heads: dots, 28 bytes each. version: empty for a text that belongs to no version.
        -- edit_count: rows in text_edits. is_branched: some edits had not seen each other. weight: of its
        -- edits, bytes (TextWeight); a text above the limit has no heads and no rows in text_edits.
        CREATE TABLE texts (
          object INTEGER NOT NULL REFERENCES objects (id),
          field INTEGER NOT NULL,
          version BLOB NOT NULL,
          content BLOB NOT NULL,
          heads BLOB NOT NULL,
          edit_count INTEGER NOT NULL,
          is_branched INTEGER NOT NULL,
          weight INTEGER NOT NULL,
          PRIMARY KEY (object, field, version)
        ) STRICT;

        -- Their edits, numbered from 0 in the order in which they took effect. hunks: the operation's body.
        CREATE TABLE text_edits (
          object INTEGER NOT NULL REFERENCES objects (id),
          field INTEGER NOT NULL,
          version BLOB NOT NULL,
          number INTEGER NOT NULL,
          dot BLOB NOT NULL CHECK (length(dot) = 28),
          parents BLOB NOT NULL,
          hunks BLOB NOT NULL,
          PRIMARY KEY (object, field, version, number)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX text_edits_by_dot ON text_edits (dot);

        -- Records of versions, for ever, by name.
        CREATE TABLE versions (
          object INTEGER NOT NULL REFERENCES objects (id),
          name BLOB NOT NULL CHECK (length(name) = 32),
          record BLOB NOT NULL
        ) STRICT;
        CREATE INDEX versions_by_object ON versions (object);

        -- Which article a raw input became.
        CREATE TABLE raw_inputs (
          raw BLOB PRIMARY KEY CHECK (length(raw) = 32),
          object INTEGER NOT NULL REFERENCES objects (id)
        ) STRICT, WITHOUT ROWID;

        -- Articles as they are shown, for lists. published_ms: ms since 1970-01-01 UTC.
        CREATE TABLE articles (
          object INTEGER PRIMARY KEY REFERENCES objects (id),
          is_live INTEGER NOT NULL,
          source TEXT NOT NULL,
          source_id TEXT NOT NULL,
          url TEXT NOT NULL,
          language TEXT NOT NULL,
          published TEXT NOT NULL,
          published_ms INTEGER,
          headline TEXT NOT NULL,
          byline TEXT NOT NULL,
          section TEXT NOT NULL,
          tags TEXT NOT NULL
        ) STRICT;
        CREATE INDEX articles_by_time ON articles (published_ms, object);

        CREATE TABLE annotations (
          object INTEGER PRIMARY KEY REFERENCES objects (id),
          article BLOB NOT NULL CHECK (length(article) = 16),
          is_live INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX annotations_by_article ON annotations (article);

        -- Collections by name, for lists.
        CREATE TABLE collections (
          object INTEGER PRIMARY KEY REFERENCES objects (id),
          is_live INTEGER NOT NULL,
          name TEXT NOT NULL
        ) STRICT;
        CREATE INDEX collections_by_name ON collections (name);

        -- What waits for review, in the order of its object's list. id: of the item, as people name it.
        CREATE TABLE open_reviews (
          object INTEGER NOT NULL REFERENCES objects (id),
          place INTEGER NOT NULL,
          id BLOB NOT NULL CHECK (length(id) = 32),
          PRIMARY KEY (object, place)
        ) STRICT, WITHOUT ROWID;

        -- Which object the change at a position of the log is about; absent where the position holds
        -- a change that was there before.
        CREATE TABLE touches (
          position INTEGER PRIMARY KEY,
          object INTEGER NOT NULL REFERENCES objects (id)
        ) STRICT;
        CREATE INDEX touches_by_object ON touches (object);

        -- Which action takes back which, each by the seq of its first change.
        CREATE TABLE undos (
          undone_lane INTEGER NOT NULL REFERENCES lanes (id),
          undone_action INTEGER NOT NULL,
          lane INTEGER NOT NULL REFERENCES lanes (id),
          action INTEGER NOT NULL,
          PRIMARY KEY (undone_lane, undone_action, lane, action)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX undos_by_action ON undos (lane, action);

        -- Positions of changes of which this version cannot read the payload, or an operation: they need a
        -- newer stet.
        CREATE TABLE unreadable (position INTEGER PRIMARY KEY) STRICT;
        """
    )
    try Digests.createBuckets(db)
    try Digests.createObjects(db)
  }

  static func dropDerived(_ db: Database) throws {
    for table in derived { try db.execute(sql: "DROP TABLE IF EXISTS \(table)") }
  }
}
