import Foundation
import Testing

/// Copies of an archive that nobody announced; people go on working, and nothing is lost.
@Suite struct IdentityStoryTests {
  @Test func `a clone and its original go on in lanes of their own`() throws {
    let story = try IdentityWorld()
    let bert = try story.clone("bert")
    try story.anna.note("Anna's")
    try bert.note("Bert's")
    try story.expectAgreement([story.anna, bert], on: ["Anna's", "Bert's"])
    #expect(try bert.lane(ofNote: "Bert's") != bert.lane(ofNote: "Anna's"))
  }

  /// Where a copy is made to.
  enum Place: CaseIterable {
    case anotherMachine
    case anotherPath
    case anotherNameInTheFolder
  }

  @Test(arguments: Place.allCases)
  func `a copied file goes on in a lane of its own, whichever of the two is edited first`(
    _ place: Place
  ) throws {
    for isCopyFirst in [false, true] {
      let story = try IdentityWorld()
      try story.anna.note("before")
      let copy: DeskCopy
      switch place {
      case .anotherMachine: copy = try story.copy(of: story.anna.file, on: "bert")
      case .anotherPath:
        copy = DeskCopy(machine: story.anna.machine, path: "usb/desk.stet")
        try Shell.run("mkdir", copy.file.deletingLastPathComponent().path)
        try Shell.run("cp", "-p", story.anna.file.path, copy.file.path)
      case .anotherNameInTheFolder:
        copy = DeskCopy(machine: story.anna.machine, path: "copy.stet")
        try Shell.run("cp", story.anna.file.path, copy.file.path)
      }
      let copies = isCopyFirst ? [copy, story.anna] : [story.anna, copy]
      for copy in copies { try copy.note("1 in \(copy.file.path)") }
      for copy in copies { try copy.note("2 in \(copy.file.path)") }
      let notes = copies.flatMap { ["1 in \($0.file.path)", "2 in \($0.file.path)"] }
      try story.expectAgreement(copies, on: Set(notes + ["before"]))
      // The original goes on as it was; the copy began one more lane.
      #expect(try story.anna.replicaCount() == 2)
      #expect(
        try copy.lane(ofNote: "before")
          == copy.lane(ofNote: "1 in \(story.anna.file.path)")
      )
    }
  }

  @Test func `a file that was moved is no copy, or a lane more at most`() throws {
    let story = try IdentityWorld()
    let moved = DeskCopy(machine: story.anna.machine, path: "moved.stet")
    try story.anna.note("before")
    try Shell.run("mv", story.anna.file.path, moved.file.path)
    try moved.note("after")
    try story.expectAgreement([moved], on: ["before", "after"])
  }

  @Test func `a file copied without the WAL that a process holds open is an older copy`() throws {
    let story = try IdentityWorld()
    let reader = try OpenReader(file: story.anna.file)
    try story.anna.note("in the WAL")
    try story.anna.sync()
    let bert = try story.copy(of: story.anna.file, on: "bert")
    #expect(try bert.notes() == [])
    let other = DeskCopy(machine: story.anna.machine, path: "other.stet")
    try Shell.run("cp", story.anna.file.path, other.file.path)
    try bert.note("Bert's")
    try other.note("beside it")
    try story.anna.note("Anna's")
    try story.expectAgreement(
      [bert, other, story.anna],
      on: ["in the WAL", "Bert's", "beside it", "Anna's"]
    )
    try reader.close()
    #expect(try story.anna.replicaCount() == 3)
  }

  @Test func `a machine copied with its keys into another folder is a copy`() throws {
    let story = try IdentityWorld()
    try story.anna.note("before")
    let twin = DeskCopy(machine: try Machine("twin", in: story.world))
    try Shell.run("cp", "-a", story.anna.machine.folder.path + "/.", twin.machine.folder.path)
    for copy in [twin, story.anna] { try copy.note("of \(copy.machine.folder.path)") }
    try story.expectAgreement(
      [story.anna, twin],
      on: ["before", "of \(twin.machine.folder.path)", "of \(story.anna.machine.folder.path)"]
    )
    #expect(try story.anna.replicaCount() == 2)
  }
}
