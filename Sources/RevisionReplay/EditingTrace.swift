package import CRDT
package import Foundation
internal import Interchange

/// A recorded editing history: who typed what, having seen what.
///
/// The format is that of the files in `../shared/data/editing-traces`.
package struct EditingTrace: Sendable {
  package struct Transaction: Sendable {
    package let parents: [Int]
    package let agent: Int
    package let keystrokes: [Hunk]
  }

  package let name: String
  package let base: String
  package let end: String
  package let transactions: [Transaction]

  package var agentCount: Int { (transactions.map(\.agent).max() ?? 0) + 1 }

  package var keystrokeCount: Int { transactions.reduce(0) { $0 + $1.keystrokes.count } }

  package struct NotATrace: Error {
    package let path: String
  }

  /// The traces in a folder with `sequential` and `concurrent` ones, by name.
  package static func files(in folder: URL) throws -> [URL] {
    try ["sequential", "concurrent"].flatMap { kind in
      try FileManager.default.contentsOfDirectory(
        at: folder.appending(path: kind),
        includingPropertiesForKeys: nil
      ).filter { $0.pathExtension == "gz" }.sorted { $0.path < $1.path }
    }
  }

  /// Reads a gzip file.
  package init(_ file: URL) throws {
    name = file.lastPathComponent.split(separator: ".").first.map(String.init) ?? ""
    var stream = try ByteStream(StoredInput(path: file.path))
    var bytes: [UInt8] = []
    while try stream.read(into: &bytes) {}
    guard let object = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any],
      let end = object["endContent"] as? String,
      let transactions = object["txns"] as? [[String: Any]]
    else { throw NotATrace(path: file.path) }
    self.end = end
    base = object["startContent"] as? String ?? ""
    self.transactions = transactions.enumerated().map { place, transaction in
      Transaction(
        parents: transaction["parents"] as? [Int] ?? (place == 0 ? [] : [place - 1]),
        agent: transaction["agent"] as? Int ?? 0,
        keystrokes: (transaction["patches"] as? [[Any]] ?? []).map { patch in
          Hunk(
            position: patch[0] as? Int ?? 0,
            deleteCount: patch[1] as? Int ?? 0,
            insert: patch[2] as? String ?? ""
          )
        }
      )
    }
  }

  /// Bytes of one sitting after which the next one begins.
  private static let sittingByteLimit = 64 << 10

  /// The trace as edits: what one person typed until somebody else's edits came in is one sitting.
  ///
  /// - `lanes`: of the agents.
  package func edits(lanes: [LaneID]) -> [TextEdit] {
    var children = Array(repeating: 0, count: transactions.count)
    for transaction in transactions {
      for parent in transaction.parents { children[parent] += 1 }
    }
    var edits: [TextEdit] = []
    var seqs = Array(repeating: UInt64(1), count: lanes.count)
    /// By transaction: the edit that it went into.
    var dots: [Dot?] = Array(repeating: nil, count: transactions.count)
    var sittings: [Int: (sitting: Sitting, parents: [Dot], last: Int)] = [:]
    func close(_ agent: Int) {
      guard let open = sittings.removeValue(forKey: agent), let dot = dots[open.last] else {
        return
      }
      edits.append(TextEdit(dot: dot, parents: open.parents, hunks: open.sitting.hunks))
    }
    for (place, transaction) in transactions.enumerated() {
      let agent = transaction.agent
      for parent in transaction.parents where transactions[parent].agent != agent {
        close(transactions[parent].agent)
      }
      if let open = sittings[agent],
        transaction.parents != [open.last] || children[open.last] > 1
          || open.sitting.byteCount > Self.sittingByteLimit
      {
        close(agent)
      }
      if sittings[agent] == nil {
        seqs[agent] += 1
        sittings[agent] = (
          Sitting(), Set(transaction.parents.compactMap { dots[$0] }).sorted(), place
        )
      }
      dots[place] = Dot(lane: lanes[agent], seq: seqs[agent], index: 0)
      for keystroke in transaction.keystrokes { sittings[agent]?.sitting.record(keystroke) }
      sittings[agent]?.last = place
    }
    for agent in sittings.keys.sorted() { close(agent) }
    return edits
  }
}

extension EditingTrace {
  /// Every keystroke as an edit of its own.
  package func keystrokeEdits(lanes: [LaneID]) -> [TextEdit] {
    var edits: [TextEdit] = []
    var seqs = Array(repeating: UInt64(0), count: lanes.count)
    /// By transaction: its last edit.
    var dots: [Dot?] = []
    for transaction in transactions {
      var parents = transaction.parents.compactMap { dots[$0] }
      for keystroke in transaction.keystrokes {
        seqs[transaction.agent] += 1
        let dot = Dot(lane: lanes[transaction.agent], seq: seqs[transaction.agent], index: 0)
        edits.append(TextEdit(dot: dot, parents: parents, hunks: [keystroke]))
        parents = [dot]
      }
      if parents.count > 1 {
        seqs[transaction.agent] += 1
        let dot = Dot(lane: lanes[transaction.agent], seq: seqs[transaction.agent], index: 0)
        edits.append(TextEdit(dot: dot, parents: parents, hunks: []))
        parents = [dot]
      }
      dots.append(parents.first)
    }
    return edits
  }
}
