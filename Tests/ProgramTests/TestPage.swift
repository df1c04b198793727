/// Pages in the layout of a news agency, made for the tests.
enum TestPage {
  static func text(id: Int = 100_231, extra: String = "") -> String {
    """
    News ID: \(id)
    Published: 0610 GMT March 4, 2021

    Harbour town keeps ferry \(id)

    Harbour town keeps ferry \(id)

    The council of the small harbour town decided to keep the ferry, after a long debate.

    Members had been asked to choose between a repair and a bridge.\(extra)


    A question of cost


    The repair costs about a third of what the bridge would.




    Security Key:
    Captcha refresh
    Page Generated in 0/4210 sec
    """
  }

  /// So many articles as JSON Lines.
  static func lines(_ count: Int) -> String {
    (1...count).map { number in
      let body = (0..<12).map {
        "Sentence \($0) of article \(number), number \(number * 7919 % 10007)."
      }
      .joined(separator: " ")
      return #"{"id": "a\#(number)", "source": "wire", "published": "2021-03-04", "headline": "#
        + #""Headline \#(number)", "tags": ["wire"], "body": "\#(body)"}"#
    }.joined(separator: "\n") + "\n"
  }
}
