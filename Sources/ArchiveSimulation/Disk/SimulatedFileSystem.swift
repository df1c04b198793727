internal import Foundation
internal import GRDBSQLite
internal import Synchronization

/// A file system of SQLite (a "VFS", <https://www.sqlite.org/vfs.html>) that lies over the default one.
///
/// Files on a ``SimulatedDisk`` go through it, all others past it. It becomes the process's default,
/// because that is the one that programs use who name none.
///
///     sqlite3_file of ours ── methods, OpenFile ── the real file system's sqlite3_file
enum SimulatedFileSystem {
  private static let disks = Mutex<[SimulatedDisk]>([])

  static func mount(_ disk: SimulatedDisk) {
    _ = registration
    disks.withLock { $0.append(disk) }
  }

  static func unmount(_ disk: SimulatedDisk) {
    disks.withLock { $0.removeAll { $0 === disk } }
  }

  fileprivate static func disk(of path: String) -> SimulatedDisk? {
    disks.withLock { $0.first { path.hasPrefix($0.folder.path + "/") } }
  }

  // MARK: - The file system

  /// The default file system before ours, and the methods of our files.
  ///
  /// Written once, before anybody reads it.
  private struct Registration: @unchecked Sendable {
    let real: UnsafeMutablePointer<sqlite3_vfs>
    let methods: UnsafePointer<sqlite3_io_methods>
  }

  private static let registration: Registration = {
    sqlite3_initialize()
    guard let real = sqlite3_vfs_find(nil) else {
      preconditionFailure("SQLite has no file system")
    }
    let methods = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
    methods.initialize(to: OpenFile.methods)
    let own = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
    own.initialize(to: real.pointee)
    own.pointee.pNext = nil
    own.pointee.zName = UnsafePointer(strdup("stet-simulation"))
    own.pointee.szOsFile = Int32(OpenFile.realFileOffset) + real.pointee.szOsFile
    own.pointee.xOpen = { _, name, file, flags, outFlags in
      SimulatedFileSystem.open(name, file, flags, outFlags)
    }
    own.pointee.xDelete = { _, name, syncsFolder in SimulatedFileSystem.delete(name, syncsFolder) }
    own.pointee.xAccess = { _, name, flags, result in
      SimulatedFileSystem.access(name, flags, result)
    }
    precondition(sqlite3_vfs_register(own, 1) == SQLITE_OK, "SQLite takes no other file system")
    return Registration(real: real, methods: UnsafePointer(methods))
  }()

  private static func open(
    _ name: UnsafePointer<CChar>?,
    _ file: UnsafeMutablePointer<sqlite3_file>?,
    _ flags: Int32,
    _ outFlags: UnsafeMutablePointer<Int32>?
  ) -> Int32 {
    let real = registration.real
    guard let file, let openReal = real.pointee.xOpen else { return SQLITE_CANTOPEN }
    guard let name, case let path = String(cString: name), let disk = disk(of: path) else {
      return openReal(real, name, file, flags, outFlags)
    }
    file.pointee.pMethods = nil
    let isNew = Foundation.access(path, F_OK) != 0
    let generation = disk.withState { state -> Int? in
      guard !state.isOff else { return nil }
      if isNew { state.files[path] = nil }
      return state.generation
    }
    guard let generation else { return SQLITE_CANTOPEN }
    let result = openReal(real, name, OpenFile.realFile(of: file), flags, outFlags)
    guard result == SQLITE_OK else { return result }
    OpenFile.install(OpenFile(disk: disk, path: path, generation: generation), in: file)
    file.pointee.pMethods = registration.methods
    return SQLITE_OK
  }

  private static func delete(_ name: UnsafePointer<CChar>?, _ syncsFolder: Int32) -> Int32 {
    let real = registration.real
    guard let name, let deleteReal = real.pointee.xDelete else { return DiskErrorCode.delete }
    let path = String(cString: name)
    let isAllowed = disk(of: path).map { disk in
      disk.withState { state in
        guard !state.isOff else { return false }
        state.files[path] = nil
        return true
      }
    }
    guard isAllowed ?? true else { return DiskErrorCode.delete }
    return deleteReal(real, name, syncsFolder)
  }

  private static func access(
    _ name: UnsafePointer<CChar>?,
    _ flags: Int32,
    _ result: UnsafeMutablePointer<Int32>?
  ) -> Int32 {
    let real = registration.real
    guard let name, let accessReal = real.pointee.xAccess else { return DiskErrorCode.access }
    if disk(of: String(cString: name))?.isOff ?? false { return DiskErrorCode.access }
    return accessReal(real, name, flags, result)
  }
}

/// A file on a simulated disk that SQLite has open.
private final class OpenFile {
  let disk: SimulatedDisk
  let path: String
  /// The disk's when it was opened.
  let generation: Int

  init(disk: SimulatedDisk, path: String, generation: Int) {
    self.disk = disk
    self.path = path
    self.generation = generation
  }

  // MARK: - Where SQLite keeps it

  /// Behind our methods and the reference to the object lies the real file system's file.
  static let realFileOffset = 16
  private static let referenceOffset = 8

  static func realFile(
    of file: UnsafeMutablePointer<sqlite3_file>
  ) -> UnsafeMutablePointer<sqlite3_file> {
    (UnsafeMutableRawPointer(file) + realFileOffset).assumingMemoryBound(to: sqlite3_file.self)
  }

  static func install(_ open: OpenFile, in file: UnsafeMutablePointer<sqlite3_file>) {
    UnsafeMutableRawPointer(file).storeBytes(
      of: Unmanaged.passRetained(open).toOpaque(),
      toByteOffset: referenceOffset,
      as: UnsafeMutableRawPointer.self
    )
  }

  private static func reference(
    of file: UnsafeMutablePointer<sqlite3_file>
  ) -> Unmanaged<OpenFile> {
    Unmanaged.fromOpaque(
      UnsafeMutableRawPointer(file).load(
        fromByteOffset: referenceOffset,
        as: UnsafeMutableRawPointer.self
      )
    )
  }

  // MARK: - Methods

  typealias File = UnsafeMutablePointer<sqlite3_file>

  /// Calls the real file's method, unless the power went since the file was opened.
  private static func alive(
    _ file: File?,
    else failure: Int32,
    _ body: (File, sqlite3_io_methods) -> Int32?
  ) -> Int32 {
    guard let file else { return failure }
    let open = reference(of: file).takeUnretainedValue()
    let isDead = open.disk.withState { $0.generation != open.generation }
    return isDead ? failure : always(file, else: failure, body)
  }

  private static func always(
    _ file: File?,
    else failure: Int32,
    _ body: (File, sqlite3_io_methods) -> Int32?
  ) -> Int32 {
    guard let file, case let real = realFile(of: file), let methods = real.pointee.pMethods else {
      return failure
    }
    return body(real, methods.pointee) ?? failure
  }

  static let methods = sqlite3_io_methods(
    iVersion: 2,
    xClose: { file in
      guard let file else { return DiskErrorCode.close }
      let result = always(file, else: DiskErrorCode.close) { $1.xClose?($0) }
      reference(of: file).release()
      return result
    },
    xRead: { file, buffer, count, offset in
      alive(file, else: DiskErrorCode.read) { $1.xRead?($0, buffer, count, offset) }
    },
    xWrite: { file, bytes, count, offset in
      alive(file, else: DiskErrorCode.write) { real, methods in
        file.map { reference(of: $0).takeUnretainedValue() }?
          .write(RealFile(real, methods), bytes, count, offset)
      }
    },
    xTruncate: { file, size in
      alive(file, else: DiskErrorCode.truncate) { real, methods in
        file.map { reference(of: $0).takeUnretainedValue() }?
          .truncate(RealFile(real, methods), to: size)
      }
    },
    xSync: { file, _ in
      alive(file, else: DiskErrorCode.sync) { _, _ in
        file.map { reference(of: $0).takeUnretainedValue() }?.sync()
      }
    },
    xFileSize: { file, size in
      alive(file, else: DiskErrorCode.size) { $1.xFileSize?($0, size) }
    },
    xLock: { file, level in alive(file, else: DiskErrorCode.lock) { $1.xLock?($0, level) } },
    // What a dead connection holds it must be able to give back: the memory is this process's.
    xUnlock: { file, level in always(file, else: DiskErrorCode.unlock) { $1.xUnlock?($0, level) } },
    xCheckReservedLock: { file, result in
      alive(file, else: DiskErrorCode.checkLock) { $1.xCheckReservedLock?($0, result) }
    },
    xFileControl: { file, operation, argument in
      always(file, else: SQLITE_NOTFOUND) { $1.xFileControl?($0, operation, argument) }
    },
    xSectorSize: { file in always(file, else: 4096) { $1.xSectorSize?($0) } },
    xDeviceCharacteristics: { file in
      always(file, else: 0) { $1.xDeviceCharacteristics?($0) }
    },
    xShmMap: { file, page, size, extends, address in
      alive(file, else: DiskErrorCode.sharedMap) { $1.xShmMap?($0, page, size, extends, address) }
    },
    xShmLock: { file, offset, count, flags in
      flags & SQLITE_SHM_UNLOCK != 0
        ? always(file, else: DiskErrorCode.sharedLock) { $1.xShmLock?($0, offset, count, flags) }
        : alive(file, else: DiskErrorCode.sharedLock) { $1.xShmLock?($0, offset, count, flags) }
    },
    xShmBarrier: { file in
      _ = always(file, else: SQLITE_OK) { real, methods in
        methods.xShmBarrier?(real)
        return SQLITE_OK
      }
    },
    xShmUnmap: { file, deletes in
      always(file, else: DiskErrorCode.sharedMap) { $1.xShmUnmap?($0, deletes) }
    },
    xFetch: nil,
    xUnfetch: nil
  )

  // MARK: - Operations that a disk may fail at

  private func write(
    _ real: RealFile,
    _ bytes: UnsafeRawPointer?,
    _ count: Int32,
    _ offset: Int64
  ) -> Int32 {
    let growth = offset + Int64(count) - real.size
    guard disk.withState({ $0.takeRoom(growth) }) else { return SQLITE_FULL }
    return perform(.write, else: DiskErrorCode.write) {
      let old = real.bytes(at: offset, count: Int64(count))
      disk.withState {
        $0.files[path, default: UnsyncedWrites()]
          .noteWrite(offset: offset, count: Int64(count), old: old)
      }
      return real.methods.xWrite?(real.file, bytes, count, offset) ?? DiskErrorCode.write
    }
  }

  private func truncate(_ real: RealFile, to size: Int64) -> Int32 {
    perform(.write, else: DiskErrorCode.truncate) {
      let tail = real.bytes(at: size, count: max(0, real.size - size))
      disk.withState {
        $0.files[path, default: UnsyncedWrites()].noteTruncation(to: size, tail: tail)
      }
      return real.methods.xTruncate?(real.file, size) ?? DiskErrorCode.truncate
    }
  }

  private func sync() -> Int32 {
    perform(.sync, else: DiskErrorCode.sync) {
      disk.withState { $0.files[path]?.noteSync() }
      return SQLITE_OK
    }
  }

  private func perform(
    _ operation: SimulatedDisk.Operation,
    else failure: Int32,
    _ body: () -> Int32
  ) -> Int32 {
    switch disk.withState({ $0.fate(of: operation) }) {
    case .succeeds: return body()
    case .fails: return failure
    case .crashesAfter:
      _ = body()
      disk.crash()
      return failure
    case .crashesBefore:
      disk.crash()
      return failure
    }
  }
}

/// The real file system's side of an open file.
private struct RealFile {
  let file: UnsafeMutablePointer<sqlite3_file>
  let methods: sqlite3_io_methods

  init(_ file: UnsafeMutablePointer<sqlite3_file>, _ methods: sqlite3_io_methods) {
    self.file = file
    self.methods = methods
  }

  var size: Int64 {
    var size: sqlite3_int64 = 0
    return methods.xFileSize?(file, &size) == SQLITE_OK ? size : 0
  }

  /// What stands there, as far as the file goes.
  func bytes(at offset: Int64, count: Int64) -> [UInt8] {
    let available = min(count, size - offset)
    guard available > 0 else { return [] }
    return [UInt8](unsafeUninitializedCapacity: Int(available)) { buffer, filled in
      let result = methods.xRead?(file, buffer.baseAddress, Int32(available), offset)
      filled = result == SQLITE_OK ? Int(available) : 0
    }
  }
}
