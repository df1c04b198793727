/// What the person who imports knows better than the file.
package struct ImportOptions: Hashable, Sendable {
  /// The name of the source: for pages instead of the profile's, for JSON Lines where a line names
  /// none.
  package var source: String?
  /// BCP 47, for records that do not say.
  package var language: String?
  /// How pages are laid out.
  package var profile: LabelledTextProfile

  /// Options; by default, nothing is known and pages are agency pages.
  package init(
    source: String? = nil,
    language: String? = nil,
    profile: LabelledTextProfile = .agencyPage
  ) {
    self.source = source
    self.language = language
    self.profile = profile
  }
}
