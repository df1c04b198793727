/// Times as people give them.
package enum PointInTime {
  /// ms since 1970-01-01 UTC of an RFC 3339 time, or of the end of a day in UTC.
  ///
  ///     2021-03-04                     the last ms of that day
  ///     2021-03-04T06:10:00Z           also with a fraction, or +01:00 for Z
  ///     2021-03-04T06:10:00            taken as UTC
  /// - Returns: `nil` for anything else.
  package static func milliseconds(_ text: String) -> Int64? {
    var rest = Array(text.utf8)[...]
    guard let day = Instant.milliseconds(ofISO: String(decoding: rest.prefix(10), as: UTF8.self))
    else { return nil }
    if rest.count == 10 { return day + 86_399_999 }
    guard rest.count >= 19,
      let second = Instant.milliseconds(ofISO: String(decoding: rest.prefix(19), as: UTF8.self)),
      isClock(rest.dropFirst(11).prefix(8))
    else { return nil }
    rest = rest.dropFirst(19)
    guard let fraction = fraction(&rest), let offset = offset(rest) else { return nil }
    return second + fraction - offset
  }

  /// As ``milliseconds(_:)``, but a day counts from its first ms.
  package static func beginning(_ text: String) -> Int64? {
    milliseconds(text.utf8.count == 10 ? text + "T00:00:00Z" : text)
  }

  private static func isClock(_ digits: ArraySlice<UInt8>) -> Bool {
    let parts = digits.split(separator: UInt8(ascii: ":")).map(number)
    guard parts.count == 3, let hour = parts[0], let minute = parts[1], let second = parts[2] else {
      return false
    }
    return hour < 24 && minute < 60 && second <= 60
  }

  /// The ms of a fraction of a second, if there is one; what is finer is cut off.
  private static func fraction(_ rest: inout ArraySlice<UInt8>) -> Int64? {
    guard rest.first == UInt8(ascii: ".") else { return 0 }
    let digits = rest.dropFirst().prefix { (48...57).contains($0) }
    guard (1...9).contains(digits.count) else { return nil }
    rest = rest.dropFirst(1 + digits.count)
    return number(ArraySlice((Array(digits) + [48, 48]).prefix(3)))
  }

  private static func offset(_ rest: ArraySlice<UInt8>) -> Int64? {
    if rest.isEmpty || rest.elementsEqual("Z".utf8) || rest.elementsEqual("z".utf8) { return 0 }
    guard rest.count == 6, let sign = rest.first, sign == 43 || sign == 45 else { return nil }
    let parts = rest.dropFirst().split(separator: UInt8(ascii: ":")).map(number)
    guard parts.count == 2, let hours = parts[0], let minutes = parts[1], hours < 24, minutes < 60
    else { return nil }
    return (sign == 43 ? 1 : -1) * (hours * 60 + minutes) * 60_000
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
    guard !digits.isEmpty, digits.count <= 9, digits.allSatisfy({ (48...57).contains($0) }) else {
      return nil
    }
    return digits.reduce(0) { $0 * 10 + Int64($1 - 48) }
  }
}
