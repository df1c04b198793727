/// Something in an archive's file that is not as it was written.
package struct Damage: Hashable, Sendable {
  /// What is damaged, by what it takes to mend it.
  package enum Part: String, Sendable {
    /// The file as SQLite sees it.
    case file
    /// Rows that only this machine knows.
    case local
    /// Packs: changes may be lost here.
    case log
    /// What is kept about the packs to find changes in them.
    case index
    /// The current state, which follows from the log.
    case state
    /// The full-text index, which follows from the state.
    case search

    /// Whether it is made anew from a log that is whole.
    package var isDerived: Bool {
      switch self {
      case .state, .search: true
      case .file, .local, .log, .index: false
      }
    }
  }

  package enum Place: Hashable, Sendable {
    case file
    /// The pack whose last change has this position in the log.
    case pack(Int64)
    case table(String)
    /// A row by its key, as people can read it.
    case row(String, key: String)
  }

  package let part: Part
  package let place: Place
  /// What is wrong there; goes on from "PLACE: ".
  package let problem: String

  package init(_ part: Part, _ place: Place, _ problem: String) {
    self.part = part
    self.place = place
    self.problem = problem
  }
}

extension Damage.Place: CustomStringConvertible {
  package var description: String {
    switch self {
    case .file: "file"
    case .pack(let position): "pack at position \(position)"
    case .table(let table): "table \(table)"
    case .row(let table, let key): "table \(table), row \(key)"
    }
  }
}

extension Damage: CustomStringConvertible {
  package var description: String { "\(place): \(problem)" }
}

/// What a verification found.
package struct VerificationReport: Sendable {
  /// None when all is well.
  package let damages: [Damage]
  /// Changes in the log, as far as it could be read.
  package let changeCount: UInt64
  /// The write-ahead log that lay beside the file and was none of its own; `nil` where there was none.
  package let setAside: SetAsideWAL?

  package init(damages: [Damage], changeCount: UInt64, setAside: SetAsideWAL?) {
    self.damages = damages
    self.changeCount = changeCount
    self.setAside = setAside
  }
}

/// How much a verification looks at.
package enum VerificationDepth: Sendable {
  /// Reads the whole log, and trusts signatures and what is derived.
  case quick
  case full
}
