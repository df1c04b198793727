import CRDT
import ChangeLog
import SyncProtocol
import Testing

/// An event and the effects it must have, in words.
typealias Line = (event: SessionEvent, effects: [String])

/// Runs a session through a transcript.
func expect(
  _ session: consuming SyncSession,
  _ lines: [Line],
  sourceLocation: SourceLocation = #_sourceLocation
) {
  var session = session
  for (number, line) in lines.enumerated() {
    let effects = session.handle(line.event).map(\.words)
    #expect(effects == line.effects, "line \(number + 1)", sourceLocation: sourceLocation)
  }
}

extension SessionEffect {
  var words: String {
    switch self {
    case .send(let message): "send \(message.words)"
    case .authorise(let archive): "authorise \(archive.name)"
    case .view: "view"
    case .getFrontier(.asking): "get frontier to ask"
    case .getFrontier(.answering(let digests)): "get frontier to answer \(digests.count)"
    case .getFrontier(.comparing): "get frontier to compare"
    case .getPacks(let request): "get packs \(request.after)…\(request.upTo) \(request.words)"
    case .append(let packs, _): "append " + packs.map { "\($0.position)" }.joined(separator: " ")
    case .adopt(let genesis): "adopt \(genesis.name)"
    case .remember(let cursor): "remember \(cursor.position)"
    case .forget: "forget the peer"
    case .witness(let head, _): "witness \(head.seq)"
    case .allowLargeFrames: "allow large frames"
    case .stay: "stay"
    case .watchSilence: "watch silence"
    case .finish(let outcome): "finish \(outcome.verdict)"
    case .fail(let failure): "fail \(failure.code)"
    case .end(let failure): "end \(failure.code)"
    }
  }
}

extension PackRequest {
  fileprivate var words: String {
    switch selection {
    case .notFrom: "not from peer"
    case .beyond(let frontier): "beyond \(frontier.heads.count)"
    }
  }
}

extension SyncMessage {
  var words: String {
    switch self {
    case .hello: "hello"
    case .welcome(let welcome): welcome.isStreaming ? "welcome, streaming" : "welcome"
    case .birth: "birth"
    case .frontierDigests: "digests"
    case .frontierHeads(let frontier): "heads \(frontier.heads.count)"
    case .pack(let delivery): "pack \(delivery.position)"
    case .acknowledgement(let position): "acknowledgement \(position)"
    case .sent(let end): "sent \(end.position)"
    case .done(let end, _): "done \(end.position)"
    case .failure(let failure): "failure \(failure.code)"
    case .stay: "stay"
    }
  }
}
