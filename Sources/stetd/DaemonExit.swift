import ArgumentParser
import Foundation
import HubService
import HubStorage
import LogStorage
import SyncTransport

/// Turns errors into one sentence and an exit code.
enum DaemonExit {
  static func exit(with error: any Error) -> Never {
    let (code, message) = describe(error)
    guard let message else {
      let text = StetDaemon.fullMessage(for: error)
      if StetDaemon.exitCode(for: error).isSuccess {
        if !text.isEmpty { print(text) }
        Foundation.exit(0)
      }
      if let code = error as? ExitCode { Foundation.exit(code.rawValue) }
      FileHandle.standardError.write(Data((text + "\n").utf8))
      Foundation.exit(StetDaemon.exitCode(for: error) == .validationFailure ? 2 : 1)
    }
    FileHandle.standardError.write(Data("stetd: \(message)\n".utf8))
    Foundation.exit(code)
  }

  /// The exit code and sentence; no sentence for what the argument parser words itself.
  private static func describe(_ error: any Error) -> (Int32, String?) {
    switch error {
    case let failure as HubStorageFailure:
      switch failure {
      case .exists: (1, failure.description)
      case .unknown: (4, failure.description)
      case .unacceptableName: (2, failure.description)
      case .newer: (13, failure.description)
      case .notAnArchive: (1, failure.description)
      case .repairBrokenOff, .beyondRepair: (7, failure.description)
      case .nothingToTake: (1, failure.description)
      }
    case let failure as HubRemoteFailure:
      switch failure {
      case .noAddress: (2, failure.description)
      case .unknown: (4, failure.description)
      case .exists, .malformed: (1, failure.description)
      }
    case let failure as LogBackupFailure:
      switch failure {
      case .missing: (4, failure.description)
      case .busy: (11, failure.description)
      case .damaged: (7, failure.description)
      case .newer: (13, failure.description)
      case .fileSystem(_, EACCES), .fileSystem(_, EPERM), .fileSystem(_, EROFS):
        (8, failure.description)
      case .otherArchive, .otherStore, .empty, .fileSystem: (1, failure.description)
      }
    case let failure as BundleFailure:
      switch failure {
      case .missing: (4, failure.description)
      case .notABundle, .damaged, .refused, .gap: (7, failure.description)
      case .newer: (13, failure.description)
      case .fileSystem(_, EACCES), .fileSystem(_, EPERM), .fileSystem(_, EROFS):
        (8, failure.description)
      case .exists, .otherArchive, .unknownCursor, .empty, .fileSystem: (1, failure.description)
      }
    case let failure as TransportFailure:
      switch failure {
      case .notLoopback: (8, failure.description)
      case .unreachable, .cannotListen, .noPipe, .programDoesNotStart, .programEnded,
        .programBabbles:
        (9, failure.description)
      }
    case let failure as DamageFound:
      (7, failure.description)
    case let failure as CocoaError where failure.code == .fileWriteOutOfSpace:
      (1, "the disk is full: make room and try again")
    case let failure as POSIXError:
      (1, failure.localizedDescription)
    case let failure as CocoaError:
      (1, failure.localizedDescription)
    default:
      switch StorageFailure(error) {
      case .locked: (11, StorageFailure.locked.description)
      case .some(let failure): (1, failure.description)
      case nil: (1, nil)
      }
    }
  }
}
