import Foundation
import Synchronization

/// What happened so far, counted by all threads.
final class Tally: Sendable {
  struct Counts: Sendable {
    var endings: [ProgramRun.Ending: Int] = [:]
    var verbs: [String: Int] = [:]
    /// What the programs complained of, with numbers made alike.
    var sentences: [String: Int] = [:]
    var hubStarts = 0
    var kills = 0
    var stops = 0
    var connections = 0
    var cuts = 0
    var delays = 0
    var corruptions = 0
    var fillings = 0
    var fullDisks = 0
    var failures = 0
    var crashes = 0
  }

  private let counts = Mutex(Counts())
  private let log: URL

  /// - `folder`: where the log of failures is kept.
  init(folder: URL) { log = folder.appending(path: "failures.log") }

  var now: Counts { counts.withLock { $0 } }

  func count(_ field: any WritableKeyPath<Counts, Int> & Sendable) {
    counts.withLock { $0[keyPath: field] += 1 }
  }

  /// Counts a run and judges it.
  ///
  /// - `isTalking`: whether the verb speaks with a hub.
  func take(_ run: ProgramRun, isTalking: Bool) {
    counts.withLock { counts in
      if run.program == "stet" {
        counts.endings[run.ending, default: 0] += 1
        counts.verbs[run.words.first ?? "", default: 0] += 1
        if case .exited(let code) = run.ending, code != 0 {
          counts.sentences["\(code) \(Self.alike(run.complaints))", default: 0] += 1
        }
      } else {
        counts.hubStarts += 1
      }
      if Self.isAboutFullDisk(run.complaints) { counts.fullDisks += 1 }
      if Judge.isCrash(run) { counts.crashes += 1 }
    }
    if let complaint = Judge.complaint(about: run, isTalking: isTalking) {
      fail("\(complaint)\n\(run.story)")
    }
  }

  /// Counts something that must not happen, and keeps the story.
  func fail(_ story: String) {
    counts.withLock { counts in
      counts.failures += 1
      let text = "---- \(Date().formatted(.iso8601))\n\(story)\n"
      guard let file = fopen(log.path, "a") else { return }
      fputs(text, file)
      fclose(file)
    }
  }

  private static func isAboutFullDisk(_ text: String) -> Bool {
    text.contains("the disk is full") || text.contains("No space left")
  }

  /// The last line of a complaint without what differs from run to run.
  private static func alike(_ complaints: String) -> String {
    let line = complaints.split(separator: "\n").last.map(String.init) ?? ""
    return line.replacing(#/\/[^ ]*/#, with: "PATH").replacing(#/[0-9a-f]{4,}/#, with: "#")
      .replacing(#/[0-9]+/#, with: "#")
  }
}
