import ArgumentParser
import ChangeLog
import Foundation
import Interchange
import LogStorage
import ReplicaStorage
import SyncProtocol
import SyncTransport

/// The codes that stet exits with.
///
/// An unknown code means failure.
enum ExitStatus: Int32 {
  case failed = 1
  case usage = 2
  case partlyDone = 3
  case noSuchItem = 4
  case damaged = 7
  case notPermitted = 8
  case unreachable = 9
  case noArchive = 10
  case locked = 11
  case newer = 13
  case protocolMismatch = 14

  /// Prints one sentence for an error, and ends the process with its code.
  static func exit(with error: any Error) -> Never {
    if let (status, message) = describe(error) {
      Console.complain(message)
      Foundation.exit(status.rawValue)
    }
    let text = Stet.fullMessage(for: error)
    if Stet.exitCode(for: error).isSuccess {
      if !text.isEmpty { print(text) }
      Foundation.exit(0)
    }
    if let code = error as? ExitCode { Foundation.exit(code.rawValue) }
    Console.note(text)
    Foundation.exit(
      Stet.exitCode(for: error) == .validationFailure
        ? usage.rawValue : failed.rawValue
    )
  }

  /// The code and sentence; `nil` for what the argument parser words itself.
  static func describe(_ error: any Error) -> (ExitStatus, String)? {
    switch error {
    case let failure as VerbFailure: (failure.status, failure.message)
    case let failure as ReplicaFailure: (status(of: failure), failure.description)
    case let failure as LogFailure: (status(of: failure), failure.description)
    case let failure as LogBackupFailure: (status(of: failure), failure.description)
    case let failure as BundleFailure: (status(of: failure), failure.description)
    case let failure as PeerFailure: (status(of: failure), failure.message)
    case let failure as TransportFailure: (status(of: failure), failure.description)
    case let failure as FrontMatterFailure: (.failed, failure.description)
    case let failure as ImportFailure: (.failed, failure.description)
    case let failure as CocoaError where failure.code == .fileWriteOutOfSpace:
      (.failed, "the disk is full: make room and try again")
    case let failure as POSIXError: (.failed, failure.localizedDescription)
    case let failure as CocoaError: (.failed, failure.localizedDescription)
    default:
      StorageFailure(error).map { failure in
        (status(of: failure), failure.description)
      }
    }
  }

  private static func status(of failure: ReplicaFailure) -> ExitStatus {
    switch failure {
    case .missing: .noArchive
    case .noSuchItem, .ambiguous: .noSuchItem
    case .newer: .newer
    case .repairBrokenOff, .beyondRepair: .damaged
    case .fileSystem(_, EACCES), .fileSystem(_, EPERM), .fileSystem(_, EROFS): .notPermitted
    case .exists, .notAnArchive, .incomplete, .unreadableKey, .fileSystem, .unacceptable,
      .textIsFull:
      .failed
    }
  }

  private static func status(of failure: LogFailure) -> ExitStatus {
    switch failure {
    case .damaged, .gap, .fork: .damaged
    case .unsupported: .newer
    case .malformed, .tooLarge: .failed
    }
  }

  private static func status(of failure: LogBackupFailure) -> ExitStatus {
    switch failure {
    case .missing: .noSuchItem
    case .busy: .locked
    case .damaged: .damaged
    case .newer: .newer
    case .fileSystem(_, EACCES), .fileSystem(_, EPERM), .fileSystem(_, EROFS): .notPermitted
    case .otherArchive, .otherStore, .empty, .fileSystem: .failed
    }
  }

  private static func status(of failure: BundleFailure) -> ExitStatus {
    switch failure {
    case .missing: .noSuchItem
    case .notABundle, .damaged, .refused, .gap: .damaged
    case .newer: .newer
    case .fileSystem(_, EACCES), .fileSystem(_, EPERM), .fileSystem(_, EROFS): .notPermitted
    case .exists, .otherArchive, .unknownCursor, .empty, .fileSystem: .failed
    }
  }

  private static func status(of failure: PeerFailure) -> ExitStatus {
    switch failure.code {
    case .unknownArchive: .noSuchItem
    case .wrongArchive, .notPermitted: .notPermitted
    case .protocolViolation, .versionMismatch: .protocolMismatch
    case .damaged, .gap, .fork: .damaged
    case .storage, .internal, .shuttingDown: failure.isRetryable ? .unreachable : .failed
    case .tooLarge: .failed
    }
  }

  private static func status(of failure: TransportFailure) -> ExitStatus {
    switch failure {
    case .notLoopback: .notPermitted
    case .unreachable, .cannotListen, .programDoesNotStart, .programEnded: .unreachable
    case .noPipe: .usage
    case .programBabbles: .protocolMismatch
    }
  }

  private static func status(of failure: StorageFailure) -> ExitStatus {
    switch failure {
    case .locked: .locked
    case .readOnly: .notPermitted
    case .damaged: .damaged
    case .full, .tooLarge, .other: .failed
    }
  }
}

/// A verb cannot do what it was asked.
struct VerbFailure: Error {
  let status: ExitStatus
  let message: String

  init(_ status: ExitStatus, _ message: String) {
    self.status = status
    self.message = message
  }
}
