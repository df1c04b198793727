import ArgumentParser
import Foundation
import LogStorage
import ReplicaStorage

/// Options of every verb that works on an archive.
struct GlobalOptions: ParsableArguments {
  @Option(help: "The archive's file; else STET_ARCHIVE, else the one *.stet here.")
  var archive: String?

  @Flag(help: "Print JSON.")
  var json = false

  @Flag(help: "No messages and no progress.")
  var quiet = false

  @Option(help: "Seconds to wait while another process writes to the archive.")
  var lockTimeout = 10.0

  @OptionGroup var index: IndexOptions

  func validate() throws {
    guard (0...86_400).contains(lockTimeout) else {
      throw ValidationError("--lock-timeout takes seconds, up to 86400")
    }
  }

  /// Opens the archive.
  ///
  /// - Throws: ``VerbFailure``, `ReplicaFailure`.
  func open(_ access: Access = .readWrite) throws -> Replica {
    let replica = try Replica.open(
      try ArchiveLocation.path(option: archive),
      environment: Machine.environment(lockTimeout: lockTimeout),
      readOnly: access == .readOnly
    )
    if !quiet {
      if let setAside = replica.setAside {
        Console.note("\(setAside); \(Self.advice(on: setAside))")
      }
      if let upgrade = replica.upgrade { Console.note("\(upgrade)") }
    }
    if let address = try replica.cloningAddress() {
      throw ReplicaFailure.incomplete(replica.path, address: address)
    }
    return replica
  }

  /// How to get at changes that nobody else has.
  static func advice(on setAside: SetAsideWAL) -> String {
    "'stet repair --from \(setAside.path)' brings changes that are only there"
  }

  enum Access {
    case readOnly
    case readWrite
  }
}

/// Where the archive is.
enum ArchiveLocation {
  static func path(option: String?) throws -> String {
    if let path = option ?? ProcessInfo.processInfo.environment["STET_ARCHIVE"] { return path }
    let here = try FileManager.default.contentsOfDirectory(
      atPath: FileManager.default.currentDirectoryPath
    ).filter { $0.hasSuffix(".stet") }.sorted()
    guard let first = here.first else {
      throw VerbFailure(
        .noArchive,
        "there is no archive here: 'stet init NAME' makes one, or name one with --archive"
      )
    }
    guard here.count == 1 else {
      throw VerbFailure(
        .usage,
        "there are several archives here: name one with --archive: \(here.joined(separator: ", "))"
      )
    }
    return first
  }
}

/// This machine, as a replica sees it.
enum Machine {
  static func now() -> Int64 { Int64((Date().timeIntervalSince1970 * 1000).rounded()) }

  static func environment(memberName: String? = nil, lockTimeout: Double) -> ReplicaEnvironment {
    ReplicaEnvironment(
      identities: FolderIdentities(folder: stateFolder),
      memberName: memberName ?? defaultName,
      lockTimeout: lockTimeout,
      now: now,
      random: randomBytes
    )
  }

  /// So many bytes of the system's generator, eight at a call.
  static func randomBytes(_ count: Int) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    var bytes: [UInt8] = []
    while bytes.count < count {
      withUnsafeBytes(of: generator.next()) { bytes.append(contentsOf: $0) }
    }
    return Array(bytes.prefix(count))
  }

  private static var defaultName: String {
    let environment = ProcessInfo.processInfo.environment
    return environment["STET_NAME"] ?? environment["USER"] ?? environment["LOGNAME"] ?? "unnamed"
  }

  /// Where keys and marks are: `$XDG_STATE_HOME/stet` (XDG Base Directory Specification 0.8).
  static var stateFolder: URL {
    let environment = ProcessInfo.processInfo.environment
    if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") {
      return URL(filePath: state).appending(path: "stet")
    }
    return FileManager.default.homeDirectoryForCurrentUser.appending(path: ".local/state/stet")
  }
}
