import CRDT
import Foundation
import Interchange

/// A recorded editing history: who typed what, having seen what.
///
/// The format is that of the files in `../shared/data/editing-traces`.
struct EditingTrace {
  struct Transaction {
    let parents: [Int]
    let agent: Int
    let keystrokes: [Hunk]
  }

  let name: String
  let base: String
  let end: String
  let transactions: [Transaction]

  var keystrokeCount: Int { transactions.reduce(0) { $0 + $1.keystrokes.count } }

  /// Reads a gzip file.
  init(_ file: URL) throws {
    name = file.lastPathComponent.split(separator: ".").first.map(String.init) ?? ""
    var stream = try ByteStream(StoredInput(path: file.path))
    var bytes: [UInt8] = []
    while try stream.read(into: &bytes) {}
    guard let object = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any],
      let end = object["endContent"] as? String,
      let transactions = object["txns"] as? [[String: Any]]
    else { throw BenchFailure("\(file.path) is no editing trace") }
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
  func edits(lanes: [LaneID]) -> [TextEdit] {
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
