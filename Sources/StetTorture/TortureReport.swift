/// What a run came to, for people.
struct TortureReport {
  let seconds: Double
  let counts: Tally.Counts
  let acknowledged: Int
  let outcome: Healing.Outcome?
  let hasDisk: Bool

  var isGood: Bool {
    guard let outcome, neverTried.isEmpty else { return false }
    return outcome.areDigestsEqual && outcome.lost == 0 && counts.failures == 0
  }

  /// What there was none of: a run without it shows nothing.
  private var neverTried: [String] {
    [
      ("acknowledged notes", acknowledged), ("kills", counts.kills), ("stops", counts.stops),
      ("cuts", counts.cuts), ("corruptions", counts.corruptions), ("delays", counts.delays),
      ("full-disk hits", hasDisk ? counts.fullDisks : 1),
    ].filter { $0.1 == 0 }.map(\.0)
  }

  func write(isVerbose: Bool) {
    line("seconds", "\(Int(seconds))")
    line("verbs run", "\(counts.endings.values.reduce(0, +))")
    for (ending, count) in counts.endings.sorted(by: { "\($0.key)" < "\($1.key)" }) {
      line("  \(Self.words(ending))", "\(count)")
    }
    line("hub runs", "\(counts.hubStarts)")
    line("kills", "\(counts.kills)")
    line("stops", "\(counts.stops)")
    line("connections", "\(counts.connections)")
    line("cuts", "\(counts.cuts)")
    line("corruptions", "\(counts.corruptions)")
    line("delays", "\(counts.delays)")
    line(
      "full-disk hits",
      hasDisk
        ? "\(counts.fullDisks) in \(counts.fillings) fillings"
        : "skipped: no right to mount a small disk here"
    )
    line("acknowledged notes", "\(acknowledged)")
    line("lost notes", outcome.map { "\($0.lost)" } ?? "unknown")
    line("digests", outcome.map { $0.areDigestsEqual ? "equal" : "DIFFERENT" } ?? "unknown")
    line("crashes", "\(counts.crashes)")
    line("failures", "\(counts.failures)")
    if !neverTried.isEmpty {
      print("nothing was shown: there were no \(neverTried.joined(separator: ", no "))")
    }
    guard isVerbose else { return }
    for (verb, count) in counts.verbs.sorted(by: { $0.value > $1.value }) {
      line("  stet \(verb)", "\(count)")
    }
    for (sentence, count) in counts.sentences.sorted(by: { $0.value > $1.value }) {
      print("\(count)\t\(sentence)")
    }
  }

  private static func words(_ ending: ProgramRun.Ending) -> String {
    switch ending {
    case .exited(let code): "exit \(code)"
    case .killed: "killed"
    case .crashed(let signal): "crashed by signal \(signal)"
    case .hung: "hung"
    }
  }

  private func line(_ name: String, _ value: String) {
    print(name + String(repeating: " ", count: max(1, 22 - name.count)) + value)
  }
}
