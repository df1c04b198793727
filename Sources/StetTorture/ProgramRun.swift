/// One run of a program, to its end.
struct ProgramRun: Sendable {
  enum Ending: Hashable, Sendable {
    case exited(Int32)
    /// By the torture.
    case killed
    /// By a signal that the torture did not send.
    case crashed(Int32)
    /// It took longer than any of its own limits would let it, and was ended by the torture.
    case hung
  }

  let program: String
  let words: [String]
  let ending: Ending
  let output: String
  let complaints: String

  var isDone: Bool { ending == .exited(0) }

  /// All of it, for the log of failures.
  var story: String {
    """
    \(program) \(words.joined(separator: " "))
    ended: \(ending)
    stdout: \(output.prefix(4000))
    stderr: \(complaints.prefix(4000))

    """
  }
}
