import ArgumentParser
import SyncProtocol

/// What the hub gives each peer at most: a memory bound is connections times window and backlog.
struct SessionLimits: ParsableArguments {
  private static let defaults = SyncLimits()
  private static let mebibyte = 1 << 20

  @Option(help: "Connections that are answered at once; more are closed.")
  var connections = SessionLimits.defaults.connectionLimit

  @Option(help: "Packs sent to one peer and not yet acknowledged, MiB.")
  var window = SessionLimits.defaults.windowByteLimit / mebibyte

  @Option(help: "Packs of one peer that are stored in one transaction, MiB.")
  var append = SessionLimits.defaults.appendByteLimit / mebibyte

  @Option(help: "Seconds after which a connection is closed over which nothing went.")
  var silence = Int(SessionLimits.defaults.silenceLimit / 1000)

  func validate() throws {
    guard (1...100_000).contains(connections) else {
      throw ValidationError("--connections takes a number from 1 to 100000")
    }
    guard (1...256).contains(window) else {
      throw ValidationError("--window takes MiB, from 1 to 256")
    }
    guard (1...256).contains(append) else {
      throw ValidationError("--append takes MiB, from 1 to 256")
    }
    // Below, sessions that stay open, which ask every 20 s, would be cut off.
    guard (30...86_400).contains(silence) else {
      throw ValidationError("--silence takes seconds, from 30 to 86400")
    }
  }

  var syncLimits: SyncLimits {
    var limits = SyncLimits()
    limits.connectionLimit = connections
    limits.windowByteLimit = window * Self.mebibyte
    limits.appendByteLimit = append * Self.mebibyte
    limits.silenceLimit = Int64(silence) * 1000
    // Above the window and a pack, so that two who both send all they may still read.
    limits.outgoingByteLimit = max(
      limits.outgoingByteLimit,
      limits.windowByteLimit + 2 * limits.frameByteLimit
    )
    return limits
  }
}
