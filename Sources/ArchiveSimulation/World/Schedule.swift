/// Things to do, in the order of virtual time; at one moment in the order in which they were planned.
struct Schedule {
  typealias Task = () throws -> Void

  private struct Entry {
    let time: Int64
    let number: Int
    let task: Task

    func precedes(_ other: Entry) -> Bool {
      time == other.time ? number < other.number : time < other.time
    }
  }

  /// A binary heap, the next one first.
  private var entries: [Entry] = []
  private var plannedCount = 0

  var isEmpty: Bool { entries.isEmpty }

  mutating func plan(at time: Int64, _ task: @escaping Task) {
    entries.append(Entry(time: time, number: plannedCount, task: task))
    plannedCount += 1
    var place = entries.count - 1
    while place > 0, entries[place].precedes(entries[(place - 1) / 2]) {
      entries.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  mutating func next() -> (time: Int64, task: Task)? {
    guard let first = entries.first else { return nil }
    let last = entries.removeLast()
    guard !entries.isEmpty else { return (first.time, first.task) }
    entries[0] = last
    var place = 0
    while true {
      let children = [2 * place + 1, 2 * place + 2].filter { $0 < entries.count }
      guard let least = children.min(by: { entries[$0].precedes(entries[$1]) }),
        entries[least].precedes(entries[place])
      else { return (first.time, first.task) }
      entries.swapAt(place, least)
      place = least
    }
  }
}
