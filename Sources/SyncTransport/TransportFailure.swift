/// Why no session came about.
package enum TransportFailure: Error, Hashable, Sendable {
  case unreachable(String)
  case notLoopback(String)
  case cannotListen(String, reason: String)
  /// What should be a pipe is none.
  case noPipe
  case programDoesNotStart(String, reason: String)
  /// The program that should answer ended before the session did.
  case programEnded(PeerCommand.Purpose, PeerProcess.Ending)
  /// Something else came first than the protocol's preface.
  case programBabbles(PeerCommand.Purpose)
}

extension TransportFailure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unreachable(let peer):
      "nothing answers at \(peer): see that 'stetd serve' or 'stet serve' runs there and that the "
        + "address is right"
    case .notLoopback(let host):
      "\(host) is another machine, and this version sends everything unencrypted: "
        + "use 127.0.0.1, through an ssh tunnel where the hub is elsewhere, or an ssh:// address"
    case .cannotListen(let address, let reason):
      "cannot listen on \(address): \(reason)"
    case .noPipe:
      "stdin and stdout are no pipes: this is for programs, as 'stet sync ssh://HOST/FILE' starts "
        + "at the other end"
    case .programDoesNotStart(let program, let reason):
      "\(program) does not start: \(reason)"
    case .programEnded(.ssh(let host), .code(127)):
      "ssh to \(host) ended with code 127, for a program that was not found: see that "
        + "'ssh \(host) stet --version' works"
    case .programEnded(.ssh(let host), let ending):
      "ssh to \(host) ended \(ending) before the sync did: it says above why"
    case .programEnded(.command(let command), let ending):
      "the command '\(command)' ended \(ending) before the sync did"
    case .programBabbles(.ssh(let host)):
      "what came from \(host) first is not stet's: see that 'ssh \(host) true' prints nothing, as a "
        + "login script there may do"
    case .programBabbles(.command(let command)):
      "the command '\(command)' writes something else to its stdout than stet/1"
    }
  }
}
