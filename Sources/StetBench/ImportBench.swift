import Foundation

/// Import of a corpus, the search index not counted.
enum ImportBench {
  static func run(in world: BenchWorld, runs: Int, _ report: inout Report) throws {
    var seconds: [Double] = []
    var floor: [Double] = []
    for _ in 0..<runs {
      let machine = try world.machine("importer")
      try world.run("stet", ["init", "desk"], in: machine)
      seconds.append(try world.run("stet", ["import", "--json", world.input], in: machine).seconds)
      floor.append(try Floor.importing(world.input, in: machine).seconds)
    }
    report.add("import, whole process", seconds: seconds, floor: floor, goal: 1.5)
  }
}
