import Foundation

/// What must be true when the storm is over.
struct Healing: Sendable {
  let machines: [TortureMachine]
  let hubs: [TortureHub]
  let notes: AcknowledgedNotes
  let tally: Tally

  /// More than everything needs to go everywhere: to every hub, and back.
  private static let roundLimit = 12

  struct Outcome: Sendable {
    var rounds = 0
    var isQuiet = false
    var digests: [String: String] = [:]
    var lost = 0

    var areDigestsEqual: Bool { Set(digests.values).count == 1 }
  }

  /// Syncs until nothing moves, and compares.
  func run() throws -> Outcome {
    var outcome = Outcome()
    while !outcome.isQuiet, outcome.rounds < Self.roundLimit {
      outcome.rounds += 1
      outcome.isQuiet = try syncAll(isLast: outcome.rounds == Self.roundLimit)
    }
    if !outcome.isQuiet { tally.fail("syncs did not come to rest in \(outcome.rounds) rounds") }
    for machine in machines {
      let digest = try machine.expect("digest").trimmingCharacters(in: .whitespacesAndNewlines)
      outcome.digests[machine.name] = digest
      try machine.expect("rebuild", "--quiet")
      let again = try machine.expect("digest").trimmingCharacters(in: .whitespacesAndNewlines)
      if again != digest {
        tally.fail("\(machine.name): the digest was \(digest), after a rebuild \(again)")
      }
      let missing = notes.missing(in: try history(of: machine))
      outcome.lost += missing.count
      if !missing.isEmpty {
        tally.fail("\(machine.name) lost \(missing.joined(separator: " "))")
      }
    }
    if !outcome.areDigestsEqual { tally.fail("the digests differ: \(outcome.digests)") }
    for machine in machines { try verify(machine) }
    return outcome
  }

  /// Looks for damage in the archive of a machine.
  private func verify(_ machine: TortureMachine) throws {
    let run = try machine.stet(["verify", "--quiet"], caller: "torture")
    if !run.isDone { tally.fail("\(machine.name) does not verify\n\(run.story)") }
  }

  /// One sync of every machine with every hub.
  ///
  /// - Returns: whether nothing went over and all were equal.
  private func syncAll(isLast: Bool) throws -> Bool {
    var isQuiet = true
    for machine in machines {
      for hub in hubs {
        let run = try machine.stet(["sync", hub.name, "--json"], caller: "torture")
        let report =
          try? JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any]
        let moved = ["changes_sent", "changes_received"].compactMap { report?[$0] as? Int }
        isQuiet = isQuiet && run.isDone && moved == [0, 0]
        // Exit 1 asks for another sync; anything else must not happen with a sound line.
        if !run.isDone, isLast || run.ending != .exited(1) {
          tally.fail("a sync failed after the storm\n\(run.story)")
        }
      }
    }
    return isQuiet
  }

  /// All that was ever written to any article of a machine, and to its notes.
  private func history(of machine: TortureMachine) throws -> String {
    var articles: Set<String> = []
    for words in [["list"], ["list", "--deleted"]] {
      let run = try machine.stet(words, caller: "torture")
      for line in run.output.split(separator: "\n") where line.contains("\tharbour\t") {
        articles.insert(String(line.prefix { $0 != "\t" }))
      }
    }
    return try articles.sorted().map { try machine.expect("log", $0) }.joined()
  }
}
