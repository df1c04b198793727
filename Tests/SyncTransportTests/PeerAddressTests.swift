import SyncTransport
import Testing

@Suite struct PeerAddressTests {
  @Test(arguments: [
    ("ssh://desk.example/srv/a.stet", "desk.example", nil, "/srv/a.stet"),
    ("ssh://anna@desk.example:2222/srv/a.stet", "anna@desk.example", 2222, "/srv/a.stet"),
    ("ssh://desk/~/news/a.stet", "desk", nil, "news/a.stet"),
    ("ssh://desk/~/-x.stet", "desk", nil, "-x.stet"),
    ("ssh://[fe80::1%eth0]:22/a", "fe80::1%eth0", 22, "/a"),
    ("ssh://a@realm@desk/a%20b'c", "a@realm@desk", nil, "/a b'c"),
  ])
  func `reads an ssh address`(text: String, destination: String, port: Int?, path: String) throws {
    let address = try #require(SSHAddress(text))
    #expect(address.destination == destination)
    #expect(address.port == port)
    #expect(address.path == path)
  }

  /// A host or user that ssh, or a shell in its configuration, would take for something else.
  @Test(arguments: [
    "ssh://-oProxyCommand=touch%20pwned/a.stet", "ssh://-oProxyCommand=x@desk/a",
    "ssh://anna@-oProxyCommand=x/a", "ssh://[-oProxyCommand=x]/a", "ssh://-desk/a", "ssh://-/a",
    "ssh://%2DoProxyCommand=x/a", "ssh://desk;touch x/a", "ssh://$(id)/a", "ssh://`id`@desk/a",
    "ssh://a b@desk/a", "ssh://desk\n/a", "ssh://dесk/a", "ssh:///a", "ssh://@desk/a", "ssh://desk",
    "ssh://desk/", "ssh://desk/a/", "ssh://desk/a%00b", "ssh://desk/a%zz", "ssh://desk:0/a",
    "ssh://desk:65536/a", "ssh://desk:-1/a", "ssh://desk:/a", "ssh://desk:2 2/a",
    "ssh://desk/~bert/a", "ssh://[::1/a", "ssh://[::1]x/a",
  ])
  func `refuses what is no ssh address`(text: String) {
    #expect(SSHAddress(text) == nil)
    #expect(PeerAddress(text) == nil)
  }

  @Test func `a command is what stands after exec`() {
    #expect(PeerAddress("exec:stet serve --stdio") == .command("stet serve --stdio"))
    #expect(PeerAddress("exec: ") == nil)
    #expect(PeerAddress("exec") == nil)
  }

  @Test(arguments: [
    ("stet://127.0.0.1/desk", "desk", "desk"),
    ("ssh://h/srv/desk.stet", "desk", "desk"),
    ("ssh://h/srv/.stet", ".stet", "archive"),
    ("ssh://h/srv/our%20desk.stet", "our desk", "archive"),
    ("exec:true", nil, "archive"),
  ])
  func `names the copy after the file`(text: String, name: String?, greeting: String) throws {
    let address = try #require(PeerAddress(text))
    #expect(address.archiveName == name)
    #expect(address.greetingName == greeting)
  }

  @Test(arguments: [
    ("127.0.0.1:0", "127.0.0.1", 0), ("[::1]:7474", "::1", 7474),
    ("localhost:65535", "localhost", 65535),
  ])
  func `reads where to listen`(text: String, host: String, port: Int) throws {
    let address = try #require(ListenAddress(text))
    #expect(address.host == host)
    #expect(address.port == port)
  }

  @Test(arguments: ["", "7474", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1"])
  func `refuses where nobody can listen`(text: String) {
    #expect(ListenAddress(text) == nil)
  }
}
