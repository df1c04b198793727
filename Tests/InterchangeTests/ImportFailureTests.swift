import Interchange
import Testing

@Suite struct ImportFailureTests {
  @Test(arguments: [
    (
      ImportFailure.unreadable(reason: "Permission denied"),
      "cannot be read (Permission denied); check that it is a file and that you may read it"
    ),
    (
      .notText(byte: 7),
      "is not UTF-8 text (byte 7); convert it to UTF-8 first if it is text at all"
    ),
    (
      .damagedGzip(.truncated),
      "ends in the middle of its gzip data; fetch or copy it again"
    ),
    (
      .tooLarge(byteLimit: 8 << 20),
      "is larger than a page may be (8 MiB); split it into one file per article"
    ),
  ])
  func `continues a sentence that begins with the file's name`(
    failure: ImportFailure,
    description: String
  ) {
    #expect(failure.description == description)
  }
}
