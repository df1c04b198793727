/// Reads the dates that sources write.
///
/// - ISO 8601: `2019-09-16`; with a time, `2019-09-16T02:42` (also a space for the `T`, also seconds
///   and a fraction, which is dropped); with a zone, `Z`, `+03:30`, `+0330` or `+03`.
/// - Agency style: `0242 GMT September 16, 2019`; also `02:42`, `UTC` or no zone, `Sep`,
///   `16 September 2019`, and the date alone.
///
/// English month names, in any case. Nothing is guessed: days that the calendar has not, hours that
/// no clock shows, other zones and years of two digits are not understood.
package enum PublishedDate {
  private static let byteLimit = 64
  private static let months = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
  ]

  /// The form of `ArticleVersion.published`, or `nil` for what is not understood.
  package static func parse(_ text: String) -> String? {
    guard text.utf8.count <= byteLimit else { return nil }
    let words = text.utf8.split { $0 == 0x20 || $0 == 0x09 }
    guard let first = words.first, let last = words.last else { return nil }
    let trimmed = text.utf8[first.startIndex..<last.endIndex]
    return (isoTime(Array(trimmed)) ?? agencyTime(text))?.iso
  }

  /// Both fields of an `ArticleVersion`: the parsed form, empty where not understood, and the text
  /// as written where it differs.
  static func reading(_ text: String) -> (parsed: String, raw: String) {
    let parsed = parse(text) ?? ""
    return (parsed, parsed.utf8.elementsEqual(text.utf8) ? "" : text)
  }

  private static func isoTime(_ bytes: [UInt8]) -> CivilTime? {
    var scanner = DigitScanner(bytes)
    guard
      let year = scanner.number(4), scanner.skip("-"),
      let month = scanner.number(2), scanner.skip("-"),
      let day = scanner.number(2), let date = CivilTime(year: year, month: month, day: day)
    else { return nil }
    if scanner.isAtEnd { return date }
    guard
      scanner.skip("T") || scanner.skip("t") || scanner.skip(" "),
      let hour = scanner.number(2), scanner.skip(":"), let minute = scanner.number(2)
    else { return nil }
    var second = 0
    if scanner.skip(":") {
      guard let number = scanner.number(2) else { return nil }
      second = number
      if scanner.skip(".") || scanner.skip(",") {
        guard scanner.skipDigits() else { return nil }
      }
    }
    if scanner.isAtEnd { return date.at(hour: hour, minute: minute, second: second, offset: nil) }
    guard let offset = isoOffset(&scanner), scanner.isAtEnd else { return nil }
    return date.at(hour: hour, minute: minute, second: second, offset: offset)
  }

  private static func isoOffset(_ scanner: inout DigitScanner) -> Int? {
    if scanner.skip("Z") || scanner.skip("z") { return 0 }
    let isEast = scanner.skip("+")
    guard isEast || scanner.skip("-"), let hours = scanner.number(2) else { return nil }
    let hasColon = scanner.skip(":")
    let minutes = scanner.number(2) ?? (hasColon || !scanner.isAtEnd ? nil : 0)
    guard let minutes, hours < 24, minutes < 60 else { return nil }
    return (isEast ? 1 : -1) * (hours * 60 + minutes)
  }

  private static func agencyTime(_ text: String) -> CivilTime? {
    let words = text.lowercased().utf8
      .split { $0 == 0x20 || $0 == 0x09 || $0 == UInt8(ascii: ",") }
      .map(Array.init)
    guard words.count >= 3, let date = agencyDate(words.suffix(3)) else { return nil }
    let clock = words.dropLast(3)
    guard let first = clock.first else { return date }
    var scanner = DigitScanner(first)
    guard let hour = scanner.number(2) else { return nil }
    _ = scanner.skip(":")
    guard let minute = scanner.number(2), scanner.isAtEnd else { return nil }
    switch clock.count {
    case 1: return date.at(hour: hour, minute: minute, second: 0, offset: nil)
    case 2:
      guard clock.last == Array("gmt".utf8) || clock.last == Array("utc".utf8) else { return nil }
      return date.at(hour: hour, minute: minute, second: 0, offset: 0)
    default: return nil
    }
  }

  /// A date of three words: month and day in either order, then the year.
  private static func agencyDate(_ words: ArraySlice<[UInt8]>) -> CivilTime? {
    let words = Array(words)
    var yearScanner = DigitScanner(words[2])
    guard let year = yearScanner.number(4), yearScanner.isAtEnd else { return nil }
    for (name, digits) in [(words[0], words[1]), (words[1], words[0])] {
      guard let month = month(named: name) else { continue }
      var scanner = DigitScanner(digits)
      guard let day = digits.count == 1 ? scanner.number(1) : scanner.number(2), scanner.isAtEnd
      else { return nil }
      return CivilTime(year: year, month: month, day: day)
    }
    return nil
  }

  /// By the whole name, by its first three letters, or `sept`, with or without a full stop.
  private static func month(named word: [UInt8]) -> Int? {
    let name = word.last == UInt8(ascii: ".") ? word.dropLast() : word[...]
    let index = months.firstIndex { month in
      name.elementsEqual(month.utf8) || name.elementsEqual(month.utf8.prefix(3))
        || (name.elementsEqual("sept".utf8) && month == "september")
    }
    return index.map { $0 + 1 }
  }
}
