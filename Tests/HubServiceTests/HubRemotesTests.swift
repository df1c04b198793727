import Foundation
import HubService
import Testing

@Suite struct HubRemotesTests {
  private let folder = FileManager.default.temporaryDirectory.appending(
    path: "stet-\(UUID().uuidString)"
  )

  @Test func `many who add at once all get their line`() async throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let remotes = HubRemotes(folder: folder)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for port in 1...40 {
        group.addTask { try remotes.add("stet://127.0.0.1:\(port)/desk", to: "desk") }
      }
      try await group.waitForAll()
    }
    #expect(try Set(remotes.all().map(\.address.port)) == Set(1...40))
  }

  @Test func `a line that is no address is named, with its file`() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "desk.remotes")
    try Data("stet://127.0.0.1:1/desk\n\nhub.example\n".utf8).write(to: file)
    let malformed = HubRemoteFailure.malformed(file.path, line: "hub.example")
    #expect(throws: malformed) { try HubRemotes(folder: folder).all() }
    #expect(throws: malformed) {
      try HubRemotes(folder: folder).add("stet://127.0.0.1:2/desk", to: "desk")
    }
    try Data("stet://127.0.0.1:1/desk\n\n".utf8).write(to: file)
    #expect(try HubRemotes(folder: folder).all().count == 1)
  }

  @Test func `a folder that is not there has no remotes`() throws {
    #expect(try HubRemotes(folder: folder).all().isEmpty)
  }
}
