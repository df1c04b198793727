import Foundation
import SyncSimulation

/// Somebody who works on the machines until a deadline, mostly on one of them.
///
/// There are more people than machines, so that several verbs run on one archive at once.
struct Person: Sendable {
  let name: String
  let home: TortureMachine
  let machines: [TortureMachine]
  let hubs: [TortureHub]
  let notes: AcknowledgedNotes
  let tally: Tally

  func work(until deadline: Deadline, seed: UInt64) {
    var random = SeededRandom(seed: seed)
    while !deadline.isOver {
      let machine =
        Int.random(in: 0..<4, using: &random) == 0
        ? machines.randomElement(using: &random) ?? home : home
      do {
        try act(on: machine, using: &random)
      } catch {
        tally.fail("\(name): \(error)")
      }
    }
  }

  private func act(on machine: TortureMachine, using random: inout SeededRandom) throws {
    let deed = Deed.any(using: &random)
    let article = MadeUpPage.sourceID(
      .random(in: 0..<MadeUpPage.articleCount, using: &random)
    )
    let number = Int.random(in: 0..<1000, using: &random)
    let patience = ["--lock-timeout", "\(Int.random(in: 0...10, using: &random))"]

    /// Runs a verb, and counts it.
    func run(_ words: [String], environment: [String: String] = [:]) throws -> ProgramRun {
      let run = try machine.stet(words + patience, caller: name, environment: environment)
      tally.take(run, isTalking: deed.isTalking)
      return run
    }

    /// Writes a note that counts as soon as the program says that it is written.
    func note(_ words: [String], option: String = "--note") throws {
      let mark = notes.draft()
      let run = try run(words + [option, "\(mark) so said \(name)"])
      guard run.isDone else { return }
      notes.take(mark: mark)
      notes.take(annotation: run.output.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    switch deed {
    case .importPage:
      let page = "page-\(name).txt"
      let text = MadeUpPage.text(
        article: .random(in: 0..<MadeUpPage.articleCount, using: &random),
        revision: number % 5
      )
      guard Self.succeeds({ try machine.write(text, to: page) }) else { return }
      _ = try run(["import", page, "--source", "harbour"])
    case .importLines:
      let file = "lines-\(name).jsonl"
      let lines = MadeUpPage.lines(300, series: number % 20)
      guard Self.succeeds({ try machine.write(lines, to: file) }) else { return }
      _ = try run(["import", file, "--quiet"])
    case .annotate: try note(["annotate", article])
    case .highlight:
      try note(["annotate", article, "--quote", MadeUpPage.passage, "--occurrence", "1"])
    case .reply:
      guard let annotation = notes.anyAnnotation(using: &random) else { return }
      try note(["note", "reply", annotation])
    case .editNote:
      guard let annotation = notes.anyAnnotation(using: &random) else { return }
      let mark = notes.draft()
      let run = try run(
        ["note", "edit", annotation],
        environment: ["EDITOR": "sh append.sh", "TORTURE_LINE": mark]
      )
      if run.isDone { notes.take(mark: mark) }
    case .removeNote, .restoreNote:
      guard let annotation = notes.anyAnnotation(using: &random) else { return }
      _ = try run(["note", deed == .removeNote ? "rm" : "restore", annotation])
    case .tag:
      let sign = number % 3 == 0 ? "-" : "+"
      // Options go before the article.
      let run = try machine.stet(
        ["tag"] + patience + [article, "\(sign)tag\(number % 7)"],
        caller: name
      )
      tally.take(run, isTalking: false)
    case .set:
      let field = ["headline", "byline", "section"][number % 3]
      _ = try run(["set", article, "\(field)=\(name) \(number)"])
    case .editBody:
      let change = [
        "s/ferry/boat/", "s/boat/ferry/", "s/$/ /", "$s/$/ and \(number)/", "3d", "5s/e/E/",
      ]
      let environment =
        number % 2 == 0
        ? ["EDITOR": "sh append.sh", "TORTURE_LINE": "A line of \(name), \(number)."]
        : ["EDITOR": "sh change.sh", "TORTURE_SED": change[number % change.count]]
      _ = try run(["edit", article, "--body"], environment: environment)
    case .remove: _ = try run(["rm", article])
    case .restore: _ = try run(["restore", article])
    case .undo: _ = try run(["undo"])
    case .redo: _ = try run(["redo"])
    case .resolve:
      let listed = try run(["conflicts", "--json"])
      guard listed.isDone, let item = Self.items(in: listed.output).randomElement(using: &random)
      else { return }
      _ = try run(["resolve", item, "--reviewed"])
    case .sync:
      _ = try run(["sync", hubs.randomElement(using: &random)?.name ?? ""])
    case .clone: try clone(on: machine, number: number)
    case .rebuild: _ = try run(["rebuild"])
    case .search: _ = try run(["search", "ferry \(name)"])
    case .show: _ = try run(["show", article, "--json"])
    case .log: _ = try run(["log", article])
    case .status: _ = try run(["status"])
    }
  }

  /// Makes another copy, in up to three goes, and throws it away.
  private func clone(on machine: TortureMachine, number: Int) throws {
    let folder = machine.folder.appending(path: "copy-\(name)")
    guard
      Self.succeeds({
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      })
    else { return }
    defer { try? FileManager.default.removeItem(at: folder) }
    for _ in 0..<3 {
      let hub = hubs[number % hubs.count]
      let run = try machine.stet(["clone", hub.address], caller: name, folder: folder)
      tally.take(run, isTalking: true)
      if run.isDone { return }
    }
  }

  /// The ids of a review list.
  private static func items(in json: String) -> [String] {
    let list = try? JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]]
    return list?.compactMap { $0["item"] as? String } ?? []
  }

  /// Whether the machine's disk took it.
  private static func succeeds(_ body: () throws -> Void) -> Bool { (try? body()) != nil }
}
