import Foundation

/// One connection through the proxy: two sockets, and a thread for each direction.
final class ProxiedConnection: Sendable {
  private let caller: Int32
  private let hub: Int32
  private let tally: Tally
  /// How long a line stays open after a byte was changed, ms: a changed length makes both sides wait
  /// for bytes that never come, and their own limit is a minute.
  private static let patienceAfterCorruption: Int32 = 2000

  init(caller: Int32, hub: Int32, tally: Tally) {
    self.caller = caller
    self.hub = hub
    self.tally = tally
  }

  deinit {
    close(caller)
    close(hub)
  }

  /// Passes bytes both ways until both sides have ended.
  func start(outward: ConnectionFate, inward: ConnectionFate) {
    Thread.detachNewThread { self.pump(from: self.caller, to: self.hub, fate: outward) }
    Thread.detachNewThread { self.pump(from: self.hub, to: self.caller, fate: inward) }
  }

  private func pump(from source: Int32, to target: Int32, fate: ConnectionFate) {
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    var passed = 0
    var patience: Int32 = -1
    while Self.isReadable(source, within: patience) {
      let count = read(source, &buffer, buffer.count)
      guard count > 0 else {
        // The other direction may have more to say.
        shutdown(target, Int32(SHUT_WR))
        return
      }
      var end = count
      switch fate {
      case .none: break
      case .delay(let milliseconds):
        tally.count(\.delays)
        Thread.sleep(forTimeInterval: Double(milliseconds) / 1000)
      case .corrupt(let offset, let difference):
        if (passed..<passed + count).contains(offset) {
          tally.count(\.corruptions)
          buffer[offset - passed] ^= difference
          patience = Self.patienceAfterCorruption
        }
      case .cut(let offset): end = min(count, offset - passed)
      }
      guard Self.send(buffer[..<end], to: target), end == count else {
        if end < count { tally.count(\.cuts) }
        break
      }
      passed += count
    }
    shutdown(source, Int32(SHUT_RDWR))
    shutdown(target, Int32(SHUT_RDWR))
  }

  private static func isReadable(_ descriptor: Int32, within milliseconds: Int32) -> Bool {
    var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while true {
      let count = poll(&event, 1, milliseconds)
      if count > 0 { return true }
      guard count < 0, errno == EINTR else { return false }
    }
  }

  private static func send(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }
}
