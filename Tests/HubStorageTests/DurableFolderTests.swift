import Foundation
import LogStorage
import Testing

@Suite final class DurableFolderTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  deinit { folder.remove() }

  @Test(arguments: ["a", "a/b/c", "missing/../d", "a/./b", "a/b/"])
  func `a folder is made, whatever of its path is there`(path: String) throws {
    let wanted = URL(filePath: folder.url.path + "/" + path)
    for _ in 0..<2 {
      try DurableFolder.make(wanted)
      let names = try FileManager.default.subpathsOfDirectory(atPath: folder.url.path).sorted()
      #expect(names.last.map { folder.url.path + "/" + $0 } == wanted.standardizedFileURL.path)
    }
  }

  @Test func `a file in its place is said, and stays`() throws {
    let file = folder.url.appending(path: "file")
    try Data("mine".utf8).write(to: file)
    #expect(throws: CocoaError.self) { try DurableFolder.make(file) }
    #expect(throws: CocoaError.self) { try DurableFolder.make(file.appending(path: "below")) }
    #expect(try Data(contentsOf: file) == Data("mine".utf8))
  }

  @Test func `many who make one at once all have it`() async throws {
    let wanted = folder.url.appending(path: "a/b/c/d")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<20 { group.addTask { try DurableFolder.make(wanted, permissions: 0o700) } }
      try await group.waitForAll()
    }
    let attributes = try FileManager.default.attributesOfItem(atPath: wanted.path)
    #expect(attributes[.posixPermissions] as? Int == 0o700)
  }
}
