internal import ChangeLog
internal import GRDB

/// Collects what a verification finds, and keeps it going whatever the bytes are.
package final class DamageList {
  package private(set) var damages: [Damage] = []
  private var known: Set<Damage> = []

  package init() {}

  package func add(_ damage: Damage) {
    // Two checks may come upon the same thing.
    if known.insert(damage).inserted { damages.append(damage) }
  }

  /// Carries out a check; bytes that it cannot read are damage.
  ///
  /// - Returns: what the check returns; `nil` when it could not be carried out to its end.
  /// - Throws: what has nothing to do with the bytes: a lock, permissions, the disk.
  package func check<Result>(
    _ part: Damage.Part,
    _ place: Damage.Place,
    _ body: () throws -> Result
  ) throws -> Result? {
    do {
      return try body()
    } catch let error as DatabaseError {
      switch error.resultCode {
      case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_FULL, .SQLITE_READONLY, .SQLITE_CANTOPEN,
        .SQLITE_PERM, .SQLITE_IOERR, .SQLITE_NOMEM, .SQLITE_INTERRUPT:
        throw error
      default: add(Damage(part, place, "it cannot be read: \(error.message ?? "damaged")"))
      }
    } catch let failure as LogFailure {
      add(Damage(part, place, failure.description))
    } catch is RowDecodingError {
      add(Damage(part, place, "it holds values of another type"))
    }
    return nil
  }
}
