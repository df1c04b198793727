/// Bounds of a session that each side chooses for itself.
///
/// Those that all must accept alike are `FormatLimits`.
package struct SyncLimits: Sendable {
  /// One frame, bytes.
  ///
  /// Above the largest pack, with room for its envelope.
  package var frameByteLimit = 10 << 20
  /// One frame before the peer has said a hello that was accepted, bytes.
  package var greetingByteLimit = 4 << 10
  /// Packs sent and not yet acknowledged, bytes.
  package var windowByteLimit = 8 << 20
  /// Packs sent and not yet acknowledged.
  package var windowPackLimit = 96
  /// Packs read from the store at once, bytes.
  package var readByteLimit = 4 << 20
  /// Packs stored in one transaction.
  package var appendPackLimit = 48
  /// Packs stored in one transaction, bytes.
  package var appendByteLimit = 4 << 20
  /// The same, plain bytes: a thousandth of them may have come.
  package var appendPlainByteLimit = 16 << 20
  /// Packs that a hub stores for several sessions in one transaction, plain bytes; those of one session may
  /// exceed it.
  ///
  /// All of them wait for the last to be written, and an fsync is nothing beside so many bytes.
  package var groupByteLimit = 32 << 20
  /// Packs opened before the store's lock is held, for all sessions and archives of a process, plain bytes;
  /// what does not fit is opened when the lock is held.
  ///
  /// What is read of a pack takes more than its plain bytes: six times as many where its changes have 100
  /// bytes each.
  package var openedByteLimit = 64 << 20
  /// Packs received and not yet stored, at most; a peer that sends more breaks the protocol.
  package var backlogPackLimit = 128
  /// Bytes received and not yet stored at which a peer should long have waited.
  package var backlogByteLimit = 32 << 20
  /// Bytes that wait to be sent, above which nothing more is read from the peer; above the window and
  /// a pack, so that two who both send all they may still read.
  package var outgoingByteLimit = 32 << 20
  /// Connections that a server answers at once; more are closed.
  package var connectionLimit = 1000
  /// Heads in one frontier, said or read: of more lanes nothing is claimed, and they are sent whole.
  ///
  /// Not above any peer's.
  package var headCountLimit = 100_000
  /// How long a session waits for the peer's next byte, ms.
  package var silenceLimit: Int64 = 60_000
  /// After how long without a byte from the peer a dialler who stays asks whether it is still there, ms;
  /// well below the peer's ``silenceLimit``.
  package var quietInterval: Int64 = 20_000

  package init() {}
}
