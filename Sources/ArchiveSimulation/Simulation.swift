package import Foundation

/// Plays plans and says what came of them.
package enum Simulation {
  /// What came of a plan.
  package struct Report: Sendable {
    package let plan: Plan
    package let eventCount: Int
    package let faults: FaultTally
    /// Own changes that only a machine knew whose file was put back or damaged: gone, and known to be.
    package let excusedCount: Int
    /// What went wrong; `nil` when all is well.
    package let complaint: String?
    /// What happened last, when somebody wanted to know.
    package let trace: [String]
  }

  /// Plays a plan from its beginning to its end.
  ///
  /// - `folder`: where the disks are made; best in memory.
  package static func play(
    _ plan: Plan,
    in folder: URL = defaultFolder,
    isTraced: Bool = false
  ) -> Report {
    do {
      let folder = folder.appending(path: "stet-simulation-\(UUID().uuidString)")
      let world = try World(plan, folder: folder, isTraced: isTraced)
      var complaint: String?
      do {
        world.planSteps()
        try world.run()
        try world.settle()
      } catch {
        complaint = "\(error)"
      }
      return Report(
        plan: plan,
        eventCount: world.eventCount,
        faults: world.wholeTally,
        excusedCount: world.excusedCount,
        complaint: complaint,
        trace: world.trace
      )
    } catch {
      return Report(
        plan: plan,
        eventCount: 0,
        faults: [:],
        excusedCount: 0,
        complaint: "the world cannot be made: \(error)",
        trace: []
      )
    }
  }

  /// A file system in memory where there is one.
  package static let defaultFolder: URL = {
    let memory = URL(filePath: "/dev/shm")
    let isThere = FileManager.default.isWritableFile(atPath: memory.path)
    return isThere ? memory : FileManager.default.temporaryDirectory
  }()
}
