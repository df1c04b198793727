/// Times as articles carry them.
package enum Instant {
  /// ms since 1970-01-01 UTC of an ISO 8601 time as ``ArticleVersion/published`` holds it: a date,
  /// a date and time without zone (taken as UTC), or one with `Z`.
  ///
  /// `nil` for anything else.
  package static func milliseconds(ofISO text: String) -> Int64? {
    let bytes = Array(text.utf8)
    guard bytes.count >= 10, let year = number(bytes[0..<4]), let month = number(bytes[5..<7]),
      let day = number(bytes[8..<10]), bytes[4] == UInt8(ascii: "-"),
      bytes[7] == UInt8(ascii: "-"), (1...12).contains(month), (1...31).contains(day)
    else { return nil }
    let days = daysSinceEpoch(year: year, month: month, day: day) * 86_400_000
    guard bytes.count > 10 else { return days }
    guard bytes.count == 19 || bytes.count == 20 && bytes[19] == UInt8(ascii: "Z"),
      bytes[10] == UInt8(ascii: "T"), bytes[13] == UInt8(ascii: ":"),
      bytes[16] == UInt8(ascii: ":"), let hour = number(bytes[11..<13]),
      let minute = number(bytes[14..<16]), let second = number(bytes[17..<19])
    else { return nil }
    return days + ((hour * 60 + minute) * 60 + second) * 1000
  }

  /// A time as ISO 8601 in UTC, to the second.
  ///
  /// One outside of the years 0 to 9999, which no clock shows but a foreign record may, counts as
  /// the nearest.
  package static func iso(milliseconds unbounded: Int64) -> String {
    let milliseconds = min(max(unbounded, -62_167_219_200_000), 253_402_300_799_999)
    let seconds = milliseconds >= 0 ? milliseconds / 1000 : (milliseconds - 999) / 1000
    let days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
    let rest = seconds - days * 86_400
    let (year, month, day) = date(daysSinceEpoch: days)
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
      + "T\(padded(rest / 3600, 2)):\(padded(rest / 60 % 60, 2)):\(padded(rest % 60, 2))Z"
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
    var value: Int64 = 0
    for digit in digits {
      guard (48...57).contains(digit) else { return nil }
      value = value * 10 + Int64(digit - 48)
    }
    return value
  }

  private static func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }

  // Proleptic Gregorian calendar, by the algorithms of Howard Hinnant ("chrono-Compatible
  // Low-Level Date Algorithms"): years begin in March, eras have 400 years.
  private static func daysSinceEpoch(year: Int64, month: Int64, day: Int64) -> Int64 {
    let marchYear = month <= 2 ? year - 1 : year
    let era = (marchYear >= 0 ? marchYear : marchYear - 399) / 400
    let yearOfEra = marchYear - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  private static func date(daysSinceEpoch days: Int64) -> (Int64, Int64, Int64) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }
}
