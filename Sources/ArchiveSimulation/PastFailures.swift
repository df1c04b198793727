/// Seeds that failed once, each of a fault that has been mended; the tests play them again.
package enum PastFailures {
  package static let seeds: [UInt64] = [804_390, 2_002_035, 3_001_605]
}
