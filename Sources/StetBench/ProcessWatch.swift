import Foundation
import Synchronization

/// What a running process takes, by proc(5) (Linux).
enum ProcessCost {
  /// The most that was resident so far, bytes; 0 when the process is gone.
  static func peakMemory(of process: Int32) -> Int { status("VmHWM:", of: process) }

  /// What is resident now, bytes; 0 when the process is gone.
  static func memory(of process: Int32) -> Int { status("VmRSS:", of: process) }

  private static func status(_ key: String, of process: Int32) -> Int {
    let text = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix(key) }
    return 1024 * (line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0)
  }

  /// Processor time so far, s.
  static func processorSeconds(of process: Int32) -> Double {
    let text = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ""
    // The program's name, in parentheses, may hold anything; after it come state (3) to utime (14), stime (15).
    let fields = text.drop { $0 != ")" }.split(separator: " ")
    guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else {
      return 0
    }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }
}

/// Looks at a process again and again until it ends.
final class ProcessWatch: Sendable {
  private let peak = Mutex(0)
  private let process: Int32

  /// - `look`: called each time too.
  init(_ process: Int32, look: @escaping @Sendable () -> Void = {}) {
    self.process = process
    Thread.detachNewThread { [self] in
      while kill(process, 0) == 0 {
        let memory = ProcessCost.peakMemory(of: process)
        peak.withLock { $0 = max($0, memory) }
        look()
        usleep(5000)
      }
    }
  }

  /// Bytes; a little less than the truth, when the most was taken at the very end.
  var peakMemory: Int { peak.withLock { $0 } }
}
