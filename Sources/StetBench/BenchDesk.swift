import Foundation

/// A machine with an archive, and the hub that it syncs with.
struct BenchDesk {
  let world: BenchWorld
  let machine: URL
  let hub: RunningHub

  init(world: BenchWorld, machine: URL, hub: RunningHub) {
    self.world = world
    self.machine = machine
    self.hub = hub
  }

  /// A new archive, synced with a new hub.
  ///
  /// - `name`: of the machine's folder.
  /// - `input`: a file of articles to import; `nil` for an archive without any change.
  init(in world: BenchWorld, named name: String, importing input: String?) throws {
    self.world = world
    machine = try world.machine(name)
    try world.run("stet", ["init", "desk"], in: machine)
    if let input { try world.run("stet", ["import", "--quiet", input], in: machine) }
    hub = try world.hub(archive: "desk")
    try world.run("stet", ["remote", "add", "origin", hub.url], in: machine)
    try sync()
  }

  var log: LogFile { Self.log(of: machine) }

  static func log(of machine: URL) -> LogFile {
    LogFile(url: machine.appending(path: "desk.stet"))
  }

  /// A whole `stet sync` process.
  @discardableResult
  func sync(with remote: String = "origin") throws -> Finished {
    try world.run("stet", ["sync", remote, "--json"], in: machine)
  }

  /// A sync as people run it, which prints no digest.
  func syncInSilence() throws -> Finished {
    try world.run("stet", ["sync", "--quiet"], in: machine)
  }

  /// Another machine that cloned the archive.
  func clone(named name: String) throws -> URL {
    let other = try world.machine(name)
    try world.run("stet", ["clone", "--quiet", hub.url], in: other)
    return other
  }

  /// - Throws: ``BenchFailure`` when the two machines have different archives.
  func expectSameDigest(on other: URL) throws {
    let digests = try [machine, other].map { try world.run("stet", ["digest"], in: $0).output }
    guard digests[0] == digests[1] else {
      throw BenchFailure("\(other.lastPathComponent) has another digest")
    }
  }
}
