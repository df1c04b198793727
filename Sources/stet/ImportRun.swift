import ChangeLog
import Dispatch
import Foundation
import Interchange
import ProgressLine
import ReplicaStorage

/// One run of the verb over several files.
struct ImportRun {
  private let replica: Replica
  private let options: ImportOptions
  /// ms since 1970-01-01 UTC.
  private let fetched: Int64
  private let isQuiet: Bool
  private let outlook = ImportOutlook()
  private var action: ChangeID?
  /// The first 8 bytes of the hashes of what was taken: an input that the archive knows came with this
  /// import where it is among them.
  private var seen: Set<UInt64> = []
  private(set) var counts = ImportCounts()
  /// The first thing that stopped everything.
  private(set) var failure: (any Error)?

  init(replica: Replica, options: ImportOptions, fetched: Int64, isQuiet: Bool) {
    self.replica = replica
    self.options = options
    self.fetched = fetched
    self.isQuiet = isQuiet
  }

  /// Imports one file.
  ///
  /// What is wrong with the file is reported, and the next one goes on.
  mutating func take(_ path: String) {
    guard failure == nil else { return }
    let progress = ProgressLine("import", unit: "bytes", isQuiet: isQuiet)
    defer { progress.finish() }
    do {
      let origin = URL(filePath: path).lastPathComponent
      let batches = ArticleBatches(path: path, options: options) { [fetched, outlook] record in
        PreparedRecord(record, fetched: fetched, origin: origin, outlook)
      }
      var end = FileEnd.notReached
      while case .notReached = end {
        // A file that comes slowly keeps nobody waiting for the lock.
        _ = batches.hasNext(by: .distantFuture)
        end = try transaction(from: batches, path: path, progress)
      }
      if case .damaged(let problem) = end { throw problem }
    } catch let problem as ImportFailure {
      progress.finish()
      counts.rejected += 1
      Console.complain("\(path): \(problem.description)")
    } catch {
      failure = error
    }
  }

  private enum FileEnd {
    case notReached
    case reached
    /// What came before the damage counts.
    case damaged(ImportFailure)
  }

  /// Imports some batches in one transaction: as many as come in a while, so that others get the lock now
  /// and then.
  private mutating func transaction(
    from batches: ArticleBatches<PreparedRecord>,
    path: String,
    _ progress: ProgressLine
  ) throws -> FileEnd {
    var end = FileEnd.notReached
    action = try replica.write(continuing: action) { writer in
      let deadline = DispatchTime.now() + Self.transactionTime
      repeat {
        let batch: ArticleBatches<PreparedRecord>.Batch?
        do throws(ImportFailure) {
          batch = try batches.next()
        } catch {
          end = .damaged(error)
          break
        }
        guard let batch else {
          end = .reached
          break
        }
        defer { progress.show(batch.bytesRead, of: batch.totalBytes) }
        let knownCount = counts.knownCount
        for record in batch.records {
          try Self.take(record, path: path, writer, &counts, &seen)
        }
        outlook.note(known: counts.knownCount - knownCount, of: batch.records.count)
      } while DispatchTime.now() < deadline && batches.hasNext(by: .now() + Self.patience)
      batches.workAhead()
      return writer.action
    }
    return end
  }

  /// How long a transaction takes batches.
  ///
  /// In a shorter one pages of indexes that have no order are written more often: with a quarter of the
  /// batches an import took 1.13 as long.
  private static let transactionTime = DispatchTimeInterval.seconds(1)
  /// How long a transaction waits for a file that comes slowly.
  private static let patience = DispatchTimeInterval.milliseconds(50)

  private static func take(
    _ record: PreparedRecord,
    path: String,
    _ writer: ReplicaWriter,
    _ counts: inout ImportCounts,
    _ seen: inout Set<UInt64>
  ) throws {
    switch record {
    case .rejected(let rejection):
      counts.rejected += 1
      Console.complain("\(place(path, rejection.line)): \(rejection.reason)")
    case .version(let version, let line):
      do {
        switch try version.imported(by: writer) {
        case .new: counts.new += 1
        case .revised: counts.revised += 1
        case .unchanged where seen.contains(version.mark): counts.duplicate += 1
        case .unchanged: counts.unchanged += 1
        }
        seen.insert(version.mark)
      } catch LogFailure.tooLarge {
        counts.rejected += 1
        Console.complain(
          "\(place(path, line)): is larger than 1 MiB, the most that an archive takes"
        )
      }
    }
  }

  private static func place(_ path: String, _ line: Int?) -> String {
    line.map { "\(path), line \($0)" } ?? path
  }
}

/// What became of the records of an import.
struct ImportCounts {
  var new = 0
  var revised = 0
  var unchanged = 0
  /// The same input twice in one import.
  var duplicate = 0
  var rejected = 0
  /// Those of which the archive had everything.
  var knownCount: Int { unchanged + duplicate }

  var sentence: String {
    if new + revised + rejected + duplicate == 0 {
      return "nothing has changed: all \(unchanged) were here already"
    }
    return "\(new) new, \(revised) revised, \(unchanged) unchanged, \(duplicate) duplicate, "
      + "\(rejected) rejected"
  }
}
