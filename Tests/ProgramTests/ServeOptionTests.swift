import Testing

/// `stetd serve` and what its options may be.
@Suite struct ServeOptionTests {
  @Test(arguments: [
    ["--compact-after", "-1"],
    ["--remote-interval", "0"],
    ["--connections", "0"],
    ["--window", "0"],
    // A peer takes in 32 MiB at most, of which one pack may be 10.
    ["--window", "23"],
    // A peer who stays is silent for up to 40 s.
    ["--silence", "44"],
    ["--silence", "86401"],
    ["--listen", "everywhere"],
    ["--log-level", "loud"],
  ])
  func `a number beyond what peers can bear is refused`(options: [String]) throws {
    let world = try World()
    let run = try Run("stetd", ["serve", "--data", "hub"] + options, in: world.folder)
    #expect(run.status == 2)
    #expect(run.complaints.contains(options[0]), "\(run.complaints)")
  }
}
