/// Whether a program may end as it did.
enum Judge {
  /// The codes of `stet --help`, and what each is for.
  private static let documented: Set<Int32> = [0, 1, 2, 3, 4, 7, 8, 9, 10, 11, 13, 14]
  /// Only a peer, or a line that corrupts what it says, can give reason for these.
  private static let remote: Set<Int32> = [7, 9, 13, 14]
  /// The codes of `stetd --help`.
  private static let documentedForHub: Set<Int32> = [0, 1, 2, 4, 8, 9, 11, 13]
  /// What the Swift runtime says before it ends a program.
  private static let lastWords = ["Fatal error", "Crash", "Assertion failed", "Program crashed"]

  /// What is wrong with a run; `nil` when nothing is.
  ///
  /// - `isTalking`: whether the verb speaks with a hub.
  static func complaint(about run: ProgramRun, isTalking: Bool) -> String? {
    if let word = lastWords.first(where: run.complaints.contains) { return "it said \"\(word)\"" }
    switch run.ending {
    case .killed: return nil
    case .crashed(let signal): return "signal \(signal) ended it"
    case .hung: return "it did not end"
    case .exited(let code):
      let known = run.program == "stet" ? documented : documentedForHub
      if !known.contains(code) { return "exit code \(code) is not documented" }
      if run.program == "stet", !isTalking, remote.contains(code) {
        return "exit code \(code) of a verb that needs no hub"
      }
      if code == 10 { return "the archive was not found" }
      if code == 2 { return "the torture used a verb wrongly" }
      if code != 0, run.complaints.isEmpty { return "exit code \(code) without a sentence" }
      return nil
    }
  }

  static func isCrash(_ run: ProgramRun) -> Bool {
    if case .crashed = run.ending { return true }
    return lastWords.contains(where: run.complaints.contains)
  }
}
