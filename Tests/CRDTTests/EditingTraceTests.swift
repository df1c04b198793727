import CRDT
import Foundation
import RevisionReplay
import SyncSimulation
import Testing

@Suite(
  .enabled(
    if: SharedData.isPresent,
    "needs the folder of shared data beside the package (../shared/data)"
  )
)
struct EditingTraceTests {
  @Test func `every recorded history ends in its text`() throws {
    let files = try EditingTrace.files(in: SharedData.folder.appending(path: "editing-traces"))
    #expect(files.count == 5)
    for file in files {
      let trace = try EditingTrace(file)
      let lanes = (0..<trace.agentCount).map { LaneID.author(UInt8($0 + 1)) }
      let end = Array(trace.end.utf8)
      // What was typed in one sitting as one edit, and every keystroke as an edit of its own.
      for edits in [trace.edits(lanes: lanes), trace.keystrokeEdits(lanes: lanes)] {
        var text = EditedText(base: trace.base)
        text.apply(edits)
        #expect(Array(text.content.utf8) == end, "\(trace.name)")
        #expect(text.history.edits.count == edits.count)
      }
      // As the edits come with one sync after another.
      var random = SeededRandom(seed: 7)
      var text = EditedText(base: trace.base)
      var rest = trace.edits(lanes: lanes)[...]
      while !rest.isEmpty {
        let portion = rest.prefix(Int.random(in: 1...900, using: &random))
        text.apply(Array(portion))
        rest = rest.dropFirst(portion.count)
      }
      #expect(Array(text.content.utf8) == end, "\(trace.name)")
      let spans = text.history.spans.filter { !$0.isDeleted }.map(\.text).joined()
      #expect(Array(spans.utf8) == end, "\(trace.name)")
    }
  }
}
