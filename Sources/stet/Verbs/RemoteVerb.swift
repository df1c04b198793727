import ArgumentParser
import Foundation
import ReplicaStorage
import SyncTransport

/// `stet remote`.
struct RemoteVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remote",
    abstract: "Name the hubs and replicas that this archive syncs with.",
    subcommands: [Add.self, List.self, Remove.self]
  )

  /// `stet remote add`.
  struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "add",
      abstract: "Name a hub or another replica.",
      discussion: """
        An ssh:// address names an archive's file on another machine, /~/ its user's home there.

        Example:
          stet remote add origin stet://127.0.0.1:7474/dprk-desk
          stet remote add laptop ssh://anna@laptop.local/~/news/dprk-desk.stet
        """
    )

    @OptionGroup var global: GlobalOptions
    @Argument(help: "A name of your choice; 'origin' is what sync takes first.") var name: String
    @Argument(help: "stet://HOST:PORT/ARCHIVE or ssh://HOST/FILE.") var address: String

    func run() throws {
      _ = try RemoteAddress.parseKept(address)
      try global.open().addRemote(named: name, address: address)
      if !global.quiet { Console.note("added the remote \(name)") }
    }
  }

  /// `stet remote list`.
  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list",
      abstract: "The hubs and replicas that have a name.",
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
      commandName: "remove",
      abstract: "Forget a name; nothing is deleted there or here.",
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
