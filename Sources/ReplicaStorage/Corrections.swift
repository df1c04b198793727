package import ArchiveModel
internal import CRDT
package import ChangeLog
internal import Foundation
internal import GRDB
internal import LogStorage

/// What people corrected in the body of a version that is not the current one any more.
package struct OpenCorrection: Sendable {
  package let version: VersionName
  /// Who edited it, in the order of their names.
  package let authors: [String]
  /// What they changed.
  package let difference: WordDifference
  /// Whether the source's revision touched the same passages.
  package let passagesToRead: [String]
}

/// A version's corrections with the texts that they are between.
private struct CorrectedVersion {
  let version: VersionName
  let base: String
  let text: TextState

  /// Corrected versions of an article, but the current one, whose corrections nobody settled.
  static func all(
    of article: Article,
    _ state: ObjectState,
    _ versions: [VersionName: ArticleVersion]
  ) -> [CorrectedVersion] {
    state.texts.compactMap { text in
      guard text.id.field == ArticleField.body.rawValue,
        let version = VersionName(text.id.version), version != article.current,
        let base = versions[version]?.body, !base.utf8.elementsEqual(text.content.utf8),
        !Settlement.isSettled(text, in: state)
      else { return nil }
      return CorrectedVersion(version: version, base: base, text: text)
    }
  }

  func reapplied(to revised: String) -> Reapplication? {
    Reapplication(base: base, corrected: text.content, revised: revised)
  }
}

extension Replica {
  /// Corrections of an article's former versions that nobody has settled yet.
  package func openCorrections(of id: ObjectID) throws -> [OpenCorrection] {
    try database.read { db in
      let store = StateStore(db)
      let (number, article, state, versions) = try store.article(id)
      let people = People(db)
      return try CorrectedVersion.all(of: article, state, versions).map { corrected in
        let edits = try store.history(of: corrected.text.id, in: number)?.edits ?? []
        return OpenCorrection(
          version: corrected.version,
          authors: try Set(edits.map { try people.name(of: $0.dot.lane) }).sorted(),
          difference: WordDifference(from: corrected.base, to: corrected.text.content),
          passagesToRead: corrected.reapplied(to: article.shown.body)?.seams.map(\.text) ?? []
        )
      }
    }
  }
}

extension ReplicaWriter {
  /// Makes the corrections of a former version again on the current one.
  ///
  /// - `prefix`: the beginning of the version's name in hexadecimal; `nil` for all.
  /// - Returns: the passages that the source has changed too, as they read now.
  package func reapplyCorrections(of id: ObjectID, version prefix: String?) throws -> [String] {
    var passages: [String] = []
    for corrected in try corrections(of: id, prefix) {
      guard let (article, state) = try article(id) else { continue }
      guard let result = corrected.reapplied(to: article.shown.body) else {
        throw ReplicaFailure.textIsFull(id)
      }
      passages += result.seams.map(\.text)
      let edit = SeenArticle(article: article, state: state).body?.operation(to: result.text)
      try append(
        [edit, Settlement(of: corrected.text.heads).operation].compactMap(\.self),
        on: id,
        as: .edit
      )
    }
    return passages
  }

  /// Lets the corrections of a former version be, now and on every replica.
  ///
  /// - `prefix`: the beginning of the version's name in hexadecimal; `nil` for all.
  package func dismissCorrections(of id: ObjectID, version prefix: String?) throws {
    for corrected in try corrections(of: id, prefix) {
      try append([Settlement(of: corrected.text.heads).operation], on: id, as: .edit)
    }
  }

  private func corrections(of id: ObjectID, _ prefix: String?) throws -> [CorrectedVersion] {
    guard let (article, state) = try article(id) else {
      throw ReplicaFailure.noSuchItem("article \(id.bytes.hex)")
    }
    let found = CorrectedVersion.all(of: article, state, try versions(of: id)).filter {
      $0.version.bytes.hex.hasPrefix(prefix?.lowercased() ?? "")
    }
    guard !found.isEmpty else {
      throw ReplicaFailure.noSuchItem("open correction of article \(id.bytes.hex)")
    }
    return found
  }
}
