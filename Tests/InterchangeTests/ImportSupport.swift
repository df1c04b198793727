import ArchiveModel
import CZlib
import Interchange

/// All batches of a file, and the failure that ended it.
struct WholeImport {
  var batches: [[ImportedRecord]] = []
  var failure: ImportFailure?

  var records: [ImportedRecord] { batches.flatMap(\.self) }

  var articles: [ImportedArticle] {
    records.compactMap { record in
      guard case .article(let article) = record else { return nil }
      return article
    }
  }

  var rejections: [Rejection] {
    records.compactMap { record in
      guard case .rejected(let rejection) = record else { return nil }
      return rejection
    }
  }

  init(_ bytes: [UInt8], _ options: ImportOptions = ImportOptions()) {
    do throws(ImportFailure) {
      var file = try ArticleFile(bytes: bytes, options: options)
      try read(&file)
    } catch {
      failure = error
    }
  }

  init(path: String, _ options: ImportOptions = ImportOptions()) {
    do throws(ImportFailure) {
      var file = try ArticleFile(path: path, options: options)
      try read(&file)
    } catch {
      failure = error
    }
  }

  init(_ text: String, _ options: ImportOptions = ImportOptions()) {
    self.init(Array(text.utf8), options)
  }

  private mutating func read(_ file: inout ArticleFile) throws(ImportFailure) {
    while let part = try file.nextPart() { batches.append(part.records()) }
  }
}

/// One gzip member.
func gzip(_ bytes: [UInt8]) -> [UInt8] {
  var stream = z_stream()
  deflateInit2_(
    &stream,
    6,
    Z_DEFLATED,
    MAX_WBITS + 16,
    8,
    Z_DEFAULT_STRATEGY,
    ZLIB_VERSION,
    Int32(MemoryLayout<z_stream>.size)
  )
  defer { deflateEnd(&stream) }
  var input = bytes
  var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))) + 32)
  input.withUnsafeMutableBufferPointer { input in
    output.withUnsafeMutableBufferPointer { output in
      stream.next_in = input.baseAddress
      stream.avail_in = UInt32(input.count)
      stream.next_out = output.baseAddress
      stream.avail_out = UInt32(output.count)
      _ = deflate(&stream, Z_FINISH)
    }
  }
  return Array(output.prefix(Int(stream.total_out)))
}
