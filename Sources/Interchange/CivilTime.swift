/// A date of the Gregorian calendar, from year 1 to 9999, with or without a time of day.
struct CivilTime {
  /// What is known of the clock.
  enum Clock {
    case unknown
    case local(hour: Int, minute: Int, second: Int)
    case utc(hour: Int, minute: Int, second: Int)
  }

  let year: Int
  let month: Int
  let day: Int
  let clock: Clock

  /// A day, or `nil` where the calendar has none such.
  init?(year: Int, month: Int, day: Int) {
    guard (1...9999).contains(year), (1...12).contains(month) else { return nil }
    guard (1...Self.dayCount(ofMonth: month, year: year)).contains(day) else { return nil }
    (self.year, self.month, self.day, clock) = (year, month, day, .unknown)
  }

  private init(_ date: CivilTime, _ clock: Clock) {
    (year, month, day, self.clock) = (date.year, date.month, date.day, clock)
  }

  /// This day at a time of day; `nil` outside a clock's ranges.
  ///
  /// In UTC where the offset, in minutes east of Greenwich, is known; else local.
  func at(hour: Int, minute: Int, second: Int, offset: Int?) -> CivilTime? {
    guard (0..<24).contains(hour), (0..<60).contains(minute), (0..<60).contains(second)
    else { return nil }
    guard let offset else {
      return CivilTime(self, .local(hour: hour, minute: minute, second: second))
    }
    let total = hour * 60 + minute - offset
    let ofDay = (total % 1440 + 1440) % 1440
    // An offset is less than a day, so that one day either way is enough.
    let date = total < 0 ? previousDay : total >= 1440 ? nextDay : self
    return date.map {
      CivilTime($0, .utc(hour: ofDay / 60, minute: ofDay % 60, second: second))
    }
  }

  /// As in `ArticleVersion.published`.
  var iso: String {
    let date = Self.padded(year, 4) + "-" + Self.padded(month, 2) + "-" + Self.padded(day, 2)
    return switch clock {
    case .unknown: date
    case .local(let hour, let minute, let second): date + Self.time(hour, minute, second)
    case .utc(let hour, let minute, let second): date + Self.time(hour, minute, second) + "Z"
    }
  }

  private var previousDay: CivilTime? {
    CivilTime(year: year, month: month, day: day - 1)
      ?? CivilTime(
        year: year,
        month: month - 1,
        day: Self.dayCount(ofMonth: month - 1, year: year)
      )
      ?? CivilTime(year: year - 1, month: 12, day: 31)
  }

  private var nextDay: CivilTime? {
    CivilTime(year: year, month: month, day: day + 1)
      ?? CivilTime(year: year, month: month + 1, day: 1)
      ?? CivilTime(year: year + 1, month: 1, day: 1)
  }

  private static func dayCount(ofMonth month: Int, year: Int) -> Int {
    let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
    return switch month {
    case 2: isLeap ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  private static func time(_ hour: Int, _ minute: Int, _ second: Int) -> String {
    "T" + padded(hour, 2) + ":" + padded(minute, 2) + ":" + padded(second, 2)
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }
}
