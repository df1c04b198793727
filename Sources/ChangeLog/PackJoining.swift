internal import SwiftProtobuf

/// A pack whose runs may become part of another pack.
///
/// A section is a list of runs, and the bytes of two such messages one after the other are the message
/// with the runs of both. So packs are joined and divided without touching a run: each keeps its
/// changes, its signature and whatever this version does not know in it (`Protocol/packs.md`).
package struct JoinablePack: Sendable {
  /// As it is stored.
  package let bytes: [UInt8]
  package let changeCount: Int
  fileprivate let headers: [UInt8]
  fileprivate let payloads: [UInt8]

  /// Opens a pack.
  ///
  /// - `plainByteLimit`: of both sections together.
  /// Returns: `nil` for a pack that is larger, or that says something outside of its runs that this
  /// version does not know: where that belongs in a larger pack nobody could tell.
  /// Throws: ``LogFailure`` when `bytes` are no pack; chain and signatures are not looked at.
  package init?(_ bytes: [UInt8], plainByteLimit: Int) throws(LogFailure) {
    let wire = try WirePack(opening: bytes)
    guard Int(wire.headers.rawSize) + Int(wire.payloads.rawSize) <= plainByteLimit else {
      return nil
    }
    let headers = try wire.headers.opened()
    let payloads = try wire.payloads.opened()
    let (headerRuns, payloadRuns) = try wire.runs(headers, payloads)
    guard wire.unknownFields.data.isEmpty, wire.headers.unknownFields.data.isEmpty,
      wire.payloads.unknownFields.data.isEmpty, headerRuns.unknownFields.data.isEmpty,
      payloadRuns.unknownFields.data.isEmpty
    else { return nil }
    self.bytes = bytes
    self.headers = headers
    self.payloads = payloads
    changeCount = headerRuns.runs.reduce(0) { $0 + $1.headers.count }
  }

  /// Both sections before compression, bytes.
  package var plainByteCount: Int { headers.count + payloads.count }
}

extension Pack {
  /// One pack with the runs of several, in their order.
  ///
  /// It was opened again and compared.
  ///
  /// - `level`: 1 (fast) to 9 (small).
  /// Throws: ``LogFailure/tooLarge(_:)`` beyond what a pack may be.
  package static func joined(
    _ packs: [JoinablePack],
    level: Int32
  ) throws(LogFailure) -> [UInt8] {
    let headers = packs.flatMap(\.headers)
    let payloads = packs.flatMap(\.payloads)
    guard max(headers.count, payloads.count) <= FormatLimits.sectionByteLimit,
      packs.reduce(0, { $0 + $1.changeCount }) <= FormatLimits.packChangeCountLimit
    else { throw .tooLarge("pack") }
    let bytes = try sealed(headers, payloads, level: level)
    // What it is made of will be gone.
    guard let again = try JoinablePack(bytes, plainByteLimit: headers.count + payloads.count),
      again.headers == headers, again.payloads == payloads
    else { throw .damaged("joined pack") }
    return bytes
  }

  /// Whether a pack can be divided behind a number of its changes: a run ends there.
  ///
  /// - Throws: ``LogFailure`` when `bytes` are no pack.
  package static func isDivisible(_ bytes: [UInt8], at place: Int) throws(LogFailure) -> Bool {
    try WirePack(opening: bytes).openedRuns().0.runNumber(at: place) != nil
  }

  /// The runs of a pack that hold some of its changes, as a pack of its own.
  ///
  /// - `changes`: their places in the pack, from 0.
  /// - `level`: 1 (fast) to 9 (small).
  /// Returns: with the places of all changes of these runs; `nil` where that is the whole pack.
  /// Throws: ``LogFailure`` when `bytes` are no pack; chain and signatures are not looked at.
  package static func part(
    of bytes: [UInt8],
    covering changes: Range<Int>,
    level: Int32
  ) throws(LogFailure) -> (bytes: [UInt8], changes: Range<Int>)? {
    var (headers, payloads) = try WirePack(opening: bytes).openedRuns()
    var runs: [Int] = []
    var places: Range<Int>?
    var begin = 0
    for (number, run) in headers.runs.enumerated() {
      let end = begin + run.headers.count
      if changes.overlaps(begin..<end) {
        runs.append(number)
        places = (places?.lowerBound ?? begin)..<end
      }
      begin = end
    }
    guard let places, runs.count < headers.runs.count else { return nil }
    headers.runs = runs.map { headers.runs[$0] }
    payloads.runs = runs.map { payloads.runs[$0] }
    guard let headerBytes: [UInt8] = try? headers.serializedBytes(),
      let payloadBytes: [UInt8] = try? payloads.serializedBytes()
    else { throw .malformed("pack") }
    return (try sealed(headerBytes, payloadBytes, level: level), places)
  }

  private static func sealed(
    _ headers: [UInt8],
    _ payloads: [UInt8],
    level: Int32
  ) throws(LogFailure) -> [UInt8] {
    var wire = WirePack()
    wire.format = 1
    wire.headers = WireSection(sealing: headers, level: level)
    wire.payloads = WireSection(sealing: payloads, level: level)
    guard let bytes: [UInt8] = try? wire.serializedBytes() else { throw .malformed("pack") }
    guard bytes.count <= FormatLimits.packByteLimit else { throw .tooLarge("pack") }
    return bytes
  }
}

extension WirePack {
  fileprivate init(opening bytes: [UInt8]) throws(LogFailure) {
    guard bytes.count <= FormatLimits.packByteLimit else { throw .tooLarge("pack") }
    guard let wire = try? WirePack(serializedBytes: bytes) else { throw .malformed("pack") }
    guard wire.format == 1, wire.scope == 0 else { throw .unsupported("pack") }
    self = wire
  }

  fileprivate func openedRuns() throws(LogFailure) -> (WireHeaderSection, WirePayloadSection) {
    try runs(headers.opened(), payloads.opened())
  }

  /// The runs of two sections that were opened.
  fileprivate func runs(
    _ headers: [UInt8],
    _ payloads: [UInt8]
  ) throws(LogFailure) -> (WireHeaderSection, WirePayloadSection) {
    guard let headers = try? WireHeaderSection(serializedBytes: headers),
      let payloads = try? WirePayloadSection(serializedBytes: payloads),
      headers.runs.count == payloads.runs.count, !headers.runs.isEmpty,
      zip(headers.runs, payloads.runs).allSatisfy({ $0.headers.count == $1.payloads.count })
    else { throw .malformed("pack") }
    return (headers, payloads)
  }
}

extension WireHeaderSection {
  /// The run that begins behind a number of changes, from 0; the number of runs behind the last.
  ///
  /// - Returns: `nil` where a run goes on.
  fileprivate func runNumber(at place: Int) -> Int? {
    var count = 0
    for (number, run) in runs.enumerated() {
      if count == place { return number }
      count += run.headers.count
      if count > place { return nil }
    }
    return count == place ? runs.count : nil
  }
}
