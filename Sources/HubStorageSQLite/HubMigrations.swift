package import LogStorage

/// How files of older versions become files of this one: step *n* leads from version *n* to *n* + 1.
///
/// Steps are only ever added at the end.
package enum HubMigrations {
  package static let all = SchemaMigrations([
    SchemaMigration(state: .stays) { try WALPairing.create($0) }
  ])
}
