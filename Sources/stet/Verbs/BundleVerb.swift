import ArchiveModel
import ArgumentParser
import ChangeLog
import Foundation
import LogStorage
import ProgressLine
import ReplicaStorage

/// `stet bundle`.
struct BundleVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bundle",
    abstract: "Put changes in one file, for a stick or mail, and take them in from there.",
    discussion: """
      A bundle holds changes as a sync sends them, signatures included. What it builds on has to be \
      there where it is applied: the whole archive, or what came since something that the other side \
      has. 'stet clone' makes an archive of a whole bundle.

      Example:
        stet bundle create /mnt/stick/desk.bundle --since origin
        stet bundle verify /mnt/stick/desk.bundle
        stet bundle apply /mnt/stick/desk.bundle
      """,
    subcommands: [Create.self, Apply.self, Verify.self]
  )

  /// `stet bundle create`.
  struct Create: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "create",
      abstract: "Write changes to a new file.",
      discussion: """
        Prints the cursor that the next bundle can begin at. No file is overwritten.

        Example:
          stet bundle create /mnt/stick/desk.bundle
          stet bundle create monday.bundle --since 2021-03-01
          stet bundle create - --since origin | ssh reader stet bundle apply -
        """
    )

    @OptionGroup var global: GlobalOptions
    @Argument(help: "A new file, or - for stdout.") var file: String
    @Option(
      help: """
        Only what came after: a remote's name (what it has not got), a cursor that 'bundle create' \
        printed, or a time when this machine received it (2021-03-04T06:10:00Z; a day means its \
        beginning, UTC). Without it: everything.
        """
    )
    var since: String?

    func run() throws {
      // JSON goes where the bundle would.
      guard !(global.json && file == "-") else {
        throw VerbFailure(.usage, "--json and - both want stdout: name a file")
      }
      let replica = try global.open()
      let progress = ProgressLine("bundle", unit: "changes", isQuiet: global.quiet)
      let head = try replica.writeBundle(
        to: file,
        from: BundleSince.beginning(since, in: replica)
      ) { progress.show(Int(clamping: $0), of: Int(clamping: $1)) }
      progress.finish()
      try replica.close()
      if global.json {
        try JSONOutput.write(BundleJSON(head))
      } else if !global.quiet {
        Console.note(
          (head.changeCount == 0 ? "nothing new: an empty bundle" : "\(head.changeCount) changes")
            + " in \(file == "-" ? "the bundle" : Console.oneLine(file)); the next one can begin with "
            + "--since \(head.end)"
        )
      }
    }
  }

  /// `stet bundle apply`.
  struct Apply: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "apply",
      abstract: "Take the changes of a bundle in.",
      discussion: """
        All of it is verified first. Where something is missing that it builds on, this is named and \
        nothing is applied: exit 7, as for damage. Applying a bundle again is harmless.

        Example:
          stet bundle apply /mnt/stick/desk.bundle
        """
    )

    @OptionGroup var global: GlobalOptions
    @Argument(help: "The bundle's file, or - for stdin.") var file: String

    func run() throws {
      let replica = try global.open()
      let report = try BundleReport(
        applying: BundleReader(file),
        to: replica,
        verb: "bundle",
        isQuiet: global.quiet
      )
      try global.index.close(replica)
      try report.write(json: global.json, isQuiet: global.quiet)
    }
  }

  /// `stet bundle verify`.
  struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "verify",
      abstract: "See whether a bundle is whole, and whether it could be applied here.",
      discussion: """
        Checks the bundle's hash, every pack in it, and the chains and signatures of which the beginning \
        is in the bundle or in the archive here. Writes nothing. Exits with 7 when it is damaged, or \
        when something is missing here that it builds on. Also where there is no archive, or another \
        one: then it says what the bundle builds on.

        Example:
          stet bundle verify /mnt/stick/desk.bundle
        """
    )

    @OptionGroup var global: GlobalOptions
    @Argument(help: "The bundle's file, or - for stdin.") var file: String

    func run() throws {
      let bundle = try BundleReader(file)
      let progress = ProgressLine("verify", unit: "packs", isQuiet: global.quiet)
      let replica = try archive(of: bundle)
      let survey: BundleSurvey
      var missing: [MissingChanges]?
      if let replica {
        (survey, missing) = try replica.survey(bundle) { progress.show($0, of: $1) }
        try replica.close()
      } else {
        survey = try bundle.survey { progress.show($0, of: $1) }
      }
      progress.finish()
      if global.json {
        try JSONOutput.write(BundleVerificationJSON(bundle.head, survey, missing: missing))
      } else {
        for line in lines(bundle.head, survey, isHere: replica != nil) { Console.write(line) }
      }
      if let missing, !missing.isEmpty { throw BundleFailure.gap(bundle.name, missing) }
      guard !global.quiet else { return }
      Console.note(
        replica == nil
          ? "the bundle is whole; there is no archive of it here" : "the bundle is whole, and fits"
      )
    }

    /// The archive here, where the bundle belongs to it.
    ///
    /// - Throws: what keeps an archive that was named from being read.
    private func archive(of bundle: BundleReader) throws -> Replica? {
      if global.archive == nil {
        do { _ = try ArchiveLocation.path(option: nil) } catch { return nil }
      }
      let replica = try global.open(.readOnly)
      // One that was named has to fit.
      if global.archive == nil,
        try replica.genesis()?.archive != bundle.head.genesis.archive
      {
        try replica.close()
        return nil
      }
      return replica
    }

    private func lines(_ head: BundleHead, _ survey: BundleSurvey, isHere: Bool) -> [String] {
      var lines = [
        "archive      \(head.genesis.name)",
        "made         \(Instant.iso(milliseconds: head.time))",
        "changes      \(survey.changeCount) in \(survey.packCount) packs, "
          + "\(survey.verifiedCount) with chain and signature verified",
        "cursor       \(head.end)",
      ]
      guard !isHere else { return lines }
      lines += survey.prerequisites.sorted { $0.key < $1.key }
        .map { "builds on    change \($0.value.seq) of lane \($0.key.bytes.hex)" }
      return lines
    }
  }
}

/// A bundle in JSON.
private struct BundleJSON: Encodable {
  let archive: String
  let changes: UInt64
  let packs: Int
  let bytes: Int
  let time: String
  /// What the bundle goes on from.
  let since: String
  /// What the next one can begin at.
  let cursor: String

  init(_ head: BundleHead) {
    archive = head.genesis.name
    changes = head.changeCount
    packs = head.packCount
    bytes = head.byteCount
    time = Instant.iso(milliseconds: head.time)
    since = "\(head.begin)"
    cursor = "\(head.end)"
  }
}

/// What a bundle's verification found, in JSON.
private struct BundleVerificationJSON: Encodable {
  struct LaneJSON: Encodable {
    let lane: String
    let seq: UInt64
  }

  struct MissingJSON: Encodable {
    let lane: String
    let first: UInt64
    let last: UInt64
    let forked: Bool
  }

  let archive: String
  let changes: UInt64
  let changes_verified: UInt64
  let packs: Int
  let time: String
  let since: String
  let cursor: String
  let builds_on: [LaneJSON]
  /// Null where there is no archive that the bundle belongs to.
  let fits: Nullable<Bool>
  let missing: [MissingJSON]

  init(_ head: BundleHead, _ survey: BundleSurvey, missing: [MissingChanges]?) {
    archive = head.genesis.name
    changes = survey.changeCount
    changes_verified = survey.verifiedCount
    packs = survey.packCount
    time = Instant.iso(milliseconds: head.time)
    since = "\(head.begin)"
    cursor = "\(head.end)"
    builds_on = survey.prerequisites.sorted { $0.key < $1.key }
      .map { LaneJSON(lane: $0.key.bytes.hex, seq: $0.value.seq) }
    fits = Nullable(missing.map(\.isEmpty))
    self.missing = (missing ?? []).map {
      MissingJSON(
        lane: $0.lane.bytes.hex,
        first: $0.seqs.lowerBound,
        last: $0.seqs.upperBound,
        forked: $0.cause == .forked
      )
    }
  }
}
