import Foundation

/// What a run is asked for.
struct TortureOptions {
  /// How long the storm lasts; healing and comparing come after it.
  var minutes = 3.0
  /// Drives every choice; when things happen varies all the same.
  var seed = UInt64.random(in: 0...999_999)
  /// Whether everything that the programs said is listed.
  var isVerbose = false

  static let usage = """
    usage: Scripts/torture [--minutes M] [--seed N] [--verbose]
      --minutes  how long the storm lasts; 3 unless told
      --seed     drives the choices; a random one unless told, and printed
      --verbose  lists what the programs complained of, and how often
    """

  /// - Throws: ``TortureProblem`` for words that it does not know.
  init(_ words: some Sequence<String>) throws {
    var words = words.makeIterator()
    while let word = words.next() {
      switch word {
      case "--minutes": minutes = try Self.number(words.next(), after: word)
      case "--seed": seed = try Self.number(words.next(), after: word)
      case "--verbose": isVerbose = true
      default: throw TortureProblem("there is no option \(word)\n\(Self.usage)")
      }
    }
    guard minutes > 0 else { throw TortureProblem("--minutes takes a number above 0") }
  }

  private static func number<Number: LosslessStringConvertible>(
    _ word: String?,
    after option: String
  ) throws -> Number {
    guard let number = word.flatMap(Number.init) else {
      throw TortureProblem("\(option) takes a number\n\(usage)")
    }
    return number
  }
}

/// The torture itself cannot go on; says nothing about the programs.
struct TortureProblem: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
