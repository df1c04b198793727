import Foundation
import LogStorage
import ReplicaStorage

/// A folder for bundles, and replicas to make them of.
final class BundleDesk {
  let world = TestWorld()
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "stet-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func path(_ name: String) -> String { folder.appending(path: name).path }

  func write(_ count: Int, to replica: Replica, from first: Int) throws {
    for number in first..<(first + count) {
      try replica.write {
        _ = try $0.importArticle("\(number)", headline: "h\(number)", body: "one two \(number)")
      }
    }
  }

  /// A bundle of a replica's log, opened.
  func bundle(
    of replica: Replica,
    from beginning: BundleBeginning = .log,
    _ name: String = "made.bundle"
  ) throws -> BundleReader {
    try? FileManager.default.removeItem(atPath: path(name))
    _ = try replica.writeBundle(to: path(name), from: beginning)
    return try BundleReader(path(name))
  }

  func empty(named name: String) throws -> Replica {
    try Replica.createForCloning(
      at: nil,
      from: "bundle",
      environment: world.environment(named: name)
    )
  }
}
