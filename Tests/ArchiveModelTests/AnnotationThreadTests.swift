import ArchiveModel
import ChangeLog
import Testing

@Suite struct AnnotationThreadTests {
  private func id(_ number: Int) throws -> ObjectID {
    try #require(
      ObjectID(
        type: ObjectType.annotation.rawValue,
        bytes: [UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)]
          + [UInt8](repeating: 0, count: 14)
      )
    )
  }

  @Test func `annotations that answer each other in a circle are shown once`() throws {
    let (a, b, c) = (try id(1), try id(2), try id(3))
    let places = AnnotationThread.places(of: [
      .init(id: a, repliesTo: b, isLive: true), .init(id: b, repliesTo: a, isLive: true),
      .init(id: c, repliesTo: c, isLive: true),
    ])
    #expect(places.map(\.id) == [c, a, b])
    #expect(places.map(\.depth) == [0, 0, 1])
  }

  @Test func `an answer to what is not known begins a thread`() throws {
    let place = AnnotationThread.places(of: [
      .init(id: try id(1), repliesTo: try id(2), isLive: true)
    ])
    #expect(place.map(\.depth) == [0] && place.map(\.answersDeleted) == [true])
  }

  @Test func `a long thread takes no stack`() throws {
    let members = try (0..<20_000).map {
      AnnotationThread.Member(
        id: try id($0),
        repliesTo: $0 == 0 ? nil : try id($0 - 1),
        isLive: true
      )
    }
    #expect(AnnotationThread.places(of: members).map(\.depth) == Array(0..<20_000))
  }
}
