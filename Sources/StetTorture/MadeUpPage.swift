/// Pages in the layout of a news agency, made for the torture.
enum MadeUpPage {
  /// How many articles all machines work on: few, so that they meet.
  static let articleCount = 24

  /// What the source calls an article.
  static func sourceID(_ number: Int) -> String { "\(100_200 + number)" }

  /// A passage that every article has.
  static let passage = "the small harbour town"

  static func text(article: Int, revision: Int) -> String {
    """
    News ID: \(sourceID(article))
    Published: 0610 GMT March \(1 + article % 28), 2021

    Harbour town keeps ferry \(article)

    Harbour town keeps ferry \(article)

    The council of \(passage) decided to keep the ferry, after a long debate.

    Members had been asked to choose between a repair and a bridge. It was the vote \(revision).


    A question of cost


    The repair costs about a third of what the bridge would.




    Security Key:
    Captcha refresh
    Page Generated in 0/4210 sec
    """
  }

  /// So many other articles as JSON Lines, for a long import.
  static func lines(_ count: Int, series: Int) -> String {
    (0..<count).map { number in
      let body = (0..<12).map { "Sentence \($0) of \(series), number \(number * 7919 % 10007)." }
        .joined(separator: " ")
      return #"{"id": "s\#(series)-\#(number)", "source": "wire", "published": "2021-03-04", "#
        + #""headline": "Series \#(series), \#(number)", "tags": ["wire"], "body": "\#(body)"}"#
    }.joined(separator: "\n") + "\n"
  }
}
