import ArgumentParser
import Foundation
import ReplicaStorage
import SyncTransport

/// `stet remote`.
struct RemoteVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remote",
    abstract: "Name the hubs that this archive syncs with.",
    subcommands: [Add.self, List.self, Remove.self]
  )

  /// `stet remote add`.
  struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Name a hub.",
      discussion: """
        Example:
          stet remote add origin stet://127.0.0.1:7474/dprk-desk
        """
    )

    @OptionGroup var global: GlobalOptions
    @Argument(help: "A name of your choice; 'origin' is what sync takes first.") var name: String
    @Argument(help: "stet://HOST:PORT/ARCHIVE.") var address: String

    func run() throws {
      _ = try RemoteAddress.parse(address)
      try global.open().addRemote(named: name, address: address)
      if !global.quiet { Console.note("added the remote \(name)") }
    }
  }

  /// `stet remote list`.
  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "The hubs that have a name.",
      discussion: """
        Example:
          stet remote list
        """
    )

    @OptionGroup var global: GlobalOptions

    func run() throws {
      let remotes = try global.open(.readOnly).remotes()
      if global.json {
        try JSONOutput.write(remotes.map { ["name": $0.name, "address": $0.address] })
      } else {
        for remote in remotes {
          Console.write(Console.oneLine(remote.name) + "\t" + Console.oneLine(remote.address))
        }
      }
    }
  }

  /// `stet remote remove`.
  struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Forget a hub's name; nothing is deleted there or here.",
      discussion: """
        Example:
          stet remote remove origin
        """
    )

    @OptionGroup var global: GlobalOptions
    @Argument(help: "A remote's name.") var name: String

    func run() throws {
      try global.open().removeRemote(named: name)
      if !global.quiet { Console.note("removed the remote \(name)") }
    }
  }
}

/// Reads addresses that people type.
enum RemoteAddress {
  static func parse(_ text: String) throws -> SyncAddress {
    guard let address = SyncAddress(text) else {
      throw VerbFailure(
        .usage,
        "\"\(text)\" is not an address: write stet://HOST:PORT/ARCHIVE"
      )
    }
    return address
  }
}
