import Foundation

/// How many files and connections the system lets this process have open.
enum OpenFiles {
  /// Takes as many as an unprivileged process may: the lower limit that shells set is for programs that
  /// use select(2), which goes no further than 1,024 (getrlimit(2)).
  static func raiseLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
