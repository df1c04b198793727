extension PackedRun {
  /// The run's changes as they lie there, for one who wants to read what no log has taken in.
  ///
  /// Neither chain nor signature is verified, and the changes' hashes mean nothing.
  ///
  /// - Throws: ``LogFailure``.
  package func unplacedChanges() throws(LogFailure) -> [Change] {
    var changes: [Change] = []
    for (header, payload) in zip(headers, payloads) {
      changes.append(
        try Change(
          lane: lane,
          header: try ChangeHeader(header, lane: lane),
          headerBytes: header,
          payloadBytes: payload,
          contents: Hash.Contents(headerBytes: header, payloadBytes: payload),
          previous: Hash(of: [])
        )
      )
    }
    return changes
  }
}
