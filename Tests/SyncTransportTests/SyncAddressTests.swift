import SyncTransport
import Testing

@Suite struct SyncAddressTests {
  @Test(arguments: [
    ("stet://127.0.0.1:7474/desk", "127.0.0.1", 7474, "desk"),
    ("stet://localhost/desk", "localhost", 7474, "desk"),
    ("stet://[::1]:9/a.b-c_d", "::1", 9, "a.b-c_d"),
  ])
  func `reads host, port and archive`(text: String, host: String, port: Int, archive: String) throws
  {
    let address = try #require(SyncAddress(text))
    #expect(address.host == host)
    #expect(address.port == port)
    #expect(address.archive == archive)
  }

  @Test(arguments: [
    "", "desk", "http://127.0.0.1/desk", "stet://127.0.0.1", "stet://127.0.0.1/", "stet:///desk",
    "stet://127.0.0.1:99999/desk", "stet://127.0.0.1/a/b", "stet://127.0.0.1/desk?x=1",
    "stet://user@127.0.0.1/desk", "stet://127.0.0.1/../x", "stet://127.0.0.1/.hidden",
  ])
  func `refuses what is no address`(text: String) {
    #expect(SyncAddress(text) == nil)
  }

  @Test(arguments: [
    ("127.0.0.1", true), ("127.9.9.9", true), ("localhost", true), ("::1", true),
    ("10.0.0.1", false), ("127.0.0.1.example.org", false), ("127.0.0", false),
    ("example.org", false),
    ("0.0.0.0", false), ("127.0.0.256", false),
  ])
  func `knows this machine's own addresses`(host: String, isLoopback: Bool) {
    #expect(Loopback.contains(host) == isLoopback)
  }
}
