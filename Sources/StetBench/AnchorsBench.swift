import ArchiveModel
import Foundation
import RevisionReplay

/// Highlights on every sentence of the first revision of published posts, through all revisions.
enum AnchorsBench {
  /// - `--quick`: every tenth history.
  /// - `--verbose`: also prints every highlight that was lost or went wrong.
  static func run(_ options: [String]) throws {
    let isVerbose = options.contains("--verbose")
    let isQuick = options.contains("--quick")
    let histories = try PublishedHistory.all().enumerated()
      .filter { !isQuick || $0.offset.isMultiple(of: 10) }.map(\.element)
    let start = ContinuousClock.now
    var surveys = AnchorSurveys()
    for history in histories { surveys.survey(history) }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    var table = Table(
      ["through", "the sentence is", "highlights"] + PassageState.allCases.map(\.rawValue)
        + ["lost", "wrong place", "askew"]
    )
    for way in AnchorSurveys.Way.allCases {
      for fate in AnchorSurveys.Fate.allCases {
        let survey = surveys[way, fate]
        table.add(
          [way.rawValue, fate.rawValue, "\(survey.count)"]
            + PassageState.allCases.map { "\(survey.counts[$0, default: 0])" }
            + [
              "\((survey.lostShare * 10_000).rounded() / 100) %", "\(survey.wrongCount)",
              "\(survey.askewCount)",
            ]
        )
        if isVerbose { for note in survey.notes { print(note) } }
      }
    }
    print("highlights on the sentences of \(histories.count) first revisions, in each later one")
    table.write()
    print(
      "goals: no wrong place; of standing ones, lost at most 1 % through edits, 4 % through versions"
    )
    print("replay, differences and searches: \(Int(seconds * 1000)) ms")
  }
}
