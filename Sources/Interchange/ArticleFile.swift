/// A file of articles, read piece by piece.
///
/// What it is, its content tells and never its name: gzip is inflated on the way; text of which the
/// first character that is not white space is `{` is JSON Lines; all other text is one page of
/// labelled text.
package struct ArticleFile: ~Copyable {
  private enum Content {
    /// A page, or the beginning of one.
    case page([UInt8])
    case lines(LineReader)
    case finished
  }

  private var stream: ByteStream
  private var content: Content
  private let options: ImportOptions

  /// Opens a file and looks at its beginning.
  ///
  /// - Throws: ``ImportFailure``, where it cannot be opened or read.
  package init(path: String, options: ImportOptions) throws(ImportFailure) {
    try self.init(StoredInput(path: path), options)
  }

  /// Reads a file's bytes from memory.
  ///
  /// - Throws: ``ImportFailure``, where they are damaged gzip data.
  package init(bytes: [UInt8], options: ImportOptions) throws(ImportFailure) {
    try self.init(StoredInput(bytes: bytes), options)
  }

  private init(
    _ stored: consuming StoredInput,
    _ options: ImportOptions
  ) throws(ImportFailure) {
    var stream = try ByteStream(stored)
    content = try Self.content(of: &stream)
    self.stream = stream
    self.options = options
  }

  /// The size of the file as stored; `nil` for what has none, as a pipe.
  package var totalBytes: Int? { stream.totalBytes }

  /// How much of the file as stored was read.
  package var bytesRead: Int { stream.bytesRead }

  /// The next mebibyte or so, or some thousand lines; `nil` at the end.
  ///
  /// After a failure, there is nothing more. The parts before it are good.
  /// - Throws: ``ImportFailure``, where the file as a whole cannot go on.
  package mutating func nextPart() throws(ImportFailure) -> FilePart? {
    switch takeContent() {
    case .finished: return nil
    case .page(let beginning):
      let raw = try wholePage(beginning)
      let article = try article(of: LabelledTextPage(raw, profile: options.profile), raw)
      return FilePart(content: .page(article))
    case .lines(var reader):
      guard let lines = try reader.nextLines(from: &stream) else { return nil }
      content = .lines(reader)
      let format = JSONLines(options: options)
      return FilePart(content: .lines(lines, buffer: reader.buffer, format))
    }
  }

  /// Reads the file as ``nextPart()`` would, but keeps what became of every line, also where there
  /// is no headline; `nil` for what is not a page or was already read.
  package mutating func explainedPage() throws(ImportFailure) -> LabelledTextPage? {
    guard case .page(let beginning) = content else { return nil }
    content = .finished
    return try LabelledTextPage(wholePage(beginning), profile: options.profile)
  }

  /// Leaves `finished` behind, which is right after a failure and saves a copy of the buffer.
  private mutating func takeContent() -> Content {
    defer { content = .finished }
    return content
  }

  private mutating func wholePage(_ beginning: [UInt8]) throws(ImportFailure) -> [UInt8] {
    var bytes = beginning
    while try stream.read(into: &bytes) {
      let limit = ImportLimits.pageByteLimit
      guard bytes.count <= limit else { throw .tooLarge(byteLimit: limit) }
    }
    return bytes
  }

  private func article(
    of page: LabelledTextPage,
    _ raw: [UInt8]
  ) throws(ImportFailure) -> ImportedArticle {
    guard page.hasHeadline else { throw .noHeadline }
    var version = page.version
    version.source = options.source ?? version.source
    if version.language.isEmpty { version.language = options.language ?? "" }
    return ImportedArticle(version: version, raw: raw, line: nil)
  }

  /// Reads as much as it takes to see the first character that is not white space.
  private static func content(of stream: inout ByteStream) throws(ImportFailure) -> Content {
    var bytes: [UInt8] = []
    var seenCount = 0
    let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d }
    while bytes.count <= ImportLimits.pageByteLimit {
      let hasMore = try stream.read(into: &bytes)
      // A byte order mark is whole, or it is too early to tell.
      if bytes.count < 3 && hasMore { continue }
      let text = TextBytes.withoutMark(bytes)
      let news = text[max(seenCount, text.startIndex)...]
      if let first = news.first(where: { !isSpace($0) }) {
        return first == UInt8(ascii: "{") ? .lines(LineReader(first: Array(text))) : .page(bytes)
      }
      seenCount = bytes.count
      guard hasMore else { break }
    }
    return .page(bytes)
  }
}
