import Foundation

/// What this process takes of the machine's memory, bytes (Linux: proc(5)).
enum Memory {
  static var resident: Int { status("VmRSS:") }
  /// The most that was resident since ``resetPeak()``.
  static var peak: Int { status("VmHWM:") }

  static func resetPeak() {
    try? Data("5".utf8).write(to: URL(filePath: "/proc/self/clear_refs"))
  }

  private static func status(_ key: String) -> Int {
    let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix(key) }
    return 1024 * (line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0)
  }
}
