import Foundation
import Testing

/// What is acknowledged, and what leaves a machine, is on its disk: contents, names and all.
@Suite struct DurabilityTests {
  private static let verbs = [
    ["init", "desk"],
    ["import", "page.txt", "--source", "harbour"],
    ["annotate", "100231", "--note", "the ferry"],
    ["remote", "add", "origin", "HUB"],
    ["sync"],
    ["tag", "100231", "+ports"],
    ["sync"],
    ["backup", "create", "backup"],
    ["annotate", "100231", "--note", "the bridge"],
    ["backup", "create", "backup"],
    ["bundle", "create", "desk.bundle"],
    ["backup", "restore", "backup", "again.stet"],
    ["repair", "--archive", "desk.stet"],
    ["annotate", "100231", "--note", "after the repair", "--archive", "desk.stet"],
    ["sync", "--archive", "desk.stet"],
    ["compact", "--archive", "desk.stet"],
  ]

  @Test func `nothing leaves a machine, and no verb ends, before all is on the disk`() throws {
    let world = try World()
    let hub = try Hub(in: world, archives: ["desk"])
    let anna = try Machine("anna", in: world)
    try anna.write(TestPage.text(), to: "page.txt")
    let recorder = CallRecorder(in: world.folder)
    var unsynced = UnsyncedFiles()
    var (sendCount, writeCount) = (0, 0)
    for verb in Self.verbs {
      let words = verb.map { $0 == "HUB" ? hub.url("desk") : $0 }
      let run = try Run("stet", words, in: anna.folder, environment: recorder.environment())
      #expect(run.status == 0, "\(words): \(run.complaints)")
      for call in try recorder.take() {
        unsynced.take(call)
        let isInFolder = call.paths.first?.hasPrefix(anna.folder.path + "/") == true
        if call.kind == .write, isInFolder { writeCount += 1 }
        guard call.kind == .send else { continue }
        sendCount += 1
        #expect(unsynced.files(in: anna.folder) == [], "sent by \(words)")
      }
      #expect(unsynced.files(in: anna.folder) == [], "left by \(words)")
    }
    #expect(sendCount >= 6)
    #expect(writeCount >= 100)
    #expect(hub.stop() == 0)
  }

  @Test func `a copy that is new, and one that takes a bundle, tells nothing before either`() throws
  {
    let world = try World()
    let hub = try Hub(in: world, archives: ["desk"])
    let anna = try Machine("anna", in: world)
    let bert = try Machine("bert", in: world)
    try anna.write(TestPage.text(), to: "page.txt")
    try anna.expect("init", "desk")
    try anna.expect("import", "page.txt", "--source", "harbour")
    try anna.expect("remote", "add", "origin", hub.url("desk"))
    try anna.expect("sync")
    let recorder = CallRecorder(in: world.folder)
    var unsynced = UnsyncedFiles()
    for verb in [
      ["clone", hub.url("desk")], ["annotate", "100231", "--note", "by Bert"], ["sync"],
      ["bundle", "apply", "../anna/desk.bundle"],
    ] {
      if verb[0] == "bundle" {
        try anna.expect("annotate", "100231", "--note", "by Anna")
        try anna.expect("bundle", "create", "desk.bundle")
      }
      let run = try Run("stet", verb, in: bert.folder, environment: recorder.environment())
      #expect(run.status == 0, "\(verb): \(run.complaints)")
      for call in try recorder.take() {
        unsynced.take(call)
        // A copy acknowledges each pack while the next is stored, and has nothing of its own yet.
        guard call.kind == .send, verb[0] != "clone" else { continue }
        #expect(unsynced.files(in: bert.folder) == [], "sent by \(verb)")
      }
      #expect(unsynced.files(in: bert.folder) == [], "left by \(verb)")
    }
    #expect(hub.stop() == 0)
  }

  @Test func `a replica that serves acknowledges nothing that is not on its disk`() throws {
    let world = try World()
    let anna = try Machine("anna", in: world)
    let bert = try Machine("bert", in: world)
    try anna.write(TestPage.text(), to: "page.txt")
    try anna.expect("init", "desk")
    try anna.expect("import", "page.txt", "--source", "harbour")
    let recorder = CallRecorder(in: world.folder)
    let server = try PeerServer(of: anna, environment: recorder.environment())
    try bert.expect("clone", server.url("desk"))
    for number in 0..<5 {
      try bert.expect("annotate", "100231", "--note", "note \(number)")
      try bert.expect("sync")
    }
    #expect(server.stop().status == 0)
    let calls = try recorder.take()
    var unsynced = UnsyncedFiles()
    for call in calls {
      unsynced.take(call)
      if call.kind == .send { #expect(unsynced.files(in: anna.folder) == []) }
    }
    #expect(unsynced.files(in: anna.folder) == [])
    #expect(calls.filter { $0.kind == .send }.count >= 12)
  }

  @Test func `a hub acknowledges nothing that is not on its disk`() throws {
    let world = try World()
    let recorder = CallRecorder(in: world.folder)
    let hub = try Hub(in: world, archives: ["desk"], environment: recorder.environment())
    let data = world.folder.appending(path: "hub")
    let anna = try Machine("anna", in: world)
    try anna.write(TestPage.text(), to: "page.txt")
    // One pack in a session: the next is stored while the last one's acknowledgement is on its way out.
    try anna.expect("init", "desk")
    try anna.expect("remote", "add", "origin", hub.url("desk"))
    try anna.expect("sync")
    try anna.expect("import", "page.txt", "--source", "harbour")
    try anna.expect("sync")
    for number in 0..<5 {
      try anna.expect("annotate", "100231", "--note", "note \(number)")
      try anna.expect("sync")
    }
    #expect(hub.stop() == 0)
    let calls = try recorder.take()
    var unsynced = UnsyncedFiles()
    for call in calls {
      unsynced.take(call)
      if call.kind == .send { #expect(unsynced.files(in: data) == []) }
    }
    #expect(unsynced.files(in: data) == [])
    let log = data.appending(path: "desk.hub-wal").path
    #expect(calls.filter { $0 == SystemCall(kind: .sync, paths: [log]) }.count >= 6)
    #expect(calls.filter { $0.kind == .send }.count >= 12)
  }
}
