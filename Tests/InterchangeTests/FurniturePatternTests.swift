import Testing

import Interchange

@Suite struct FurniturePatternTests {
  @Test(arguments: [
    ("Captcha refresh", "Captcha refresh"),
    ("Captcha refresh", " \tCaptcha refresh  "),
    ("Page Generated in # sec", "Page Generated in 0/8580 sec"),
    ("Page Generated in # sec", "Page Generated in 1.234,5 sec"),
    ("Page Generated in # sec", "Page Generated in ۰٫۸۵ sec"),
    ("Page Generated in # sec", "Page Generated in ٣ sec"),
    ("# views", "12 345 views".replacing(" ", with: "\u{202f}", maxReplacements: 1)),
    ("#", "7"),
    ("", ""),
  ])
  func `matches`(pattern: String, line: String) {
    #expect(FurniturePattern(text: pattern).matches(line))
  }

  @Test(arguments: [
    ("Captcha refresh", "Captcha refresh now"),
    ("Captcha refresh", "captcha refresh"),
    ("Captcha refresh", "Captcha"),
    ("Page Generated in # sec", "Page Generated in  sec"),
    ("Page Generated in # sec", "Page Generated in / sec"),
    ("Page Generated in # sec", "Page Generated in five sec"),
    ("Page Generated in # sec", "Page Generated in 0/8580 seconds"),
    ("Page Generated in # sec", "Page Generated in 0/8580"),
    ("##", "77"),
    ("#", ""),
    ("", "x"),
  ])
  func `does not match`(pattern: String, line: String) {
    #expect(!FurniturePattern(text: pattern).matches(line))
  }
}
