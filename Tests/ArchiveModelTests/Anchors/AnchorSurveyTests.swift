import RevisionReplay
import Testing

@Suite(
  .enabled(
    if: SharedData.isPresent,
    "needs the folder of shared data beside the package (../shared/data)"
  )
)
struct AnchorSurveyTests {
  @Test func `highlights keep their places through real revisions`() throws {
    var surveys = AnchorSurveys()
    for history in try PublishedHistory.all() { surveys.survey(history) }
    for way in AnchorSurveys.Way.allCases {
      for fate in AnchorSurveys.Fate.allCases {
        let survey = surveys[way, fate]
        #expect(survey.count > 20_000)
        #expect(survey.wrongCount == 0, "\(survey.notes.filter { $0.hasPrefix("wrong") })")
      }
    }
    #expect(surveys[.edits, .standing].lostShare <= 0.01)
    #expect(surveys[.versions, .standing].lostShare <= 0.04)
  }
}
