#include <sqlite3.h>

/// Has SQLite count no longer how much memory it uses: `sqlite3_config` is variadic, and Swift does not
/// import it. Refused once a database was opened in the process.
static inline int sqlite3_config_no_memory_status(void) {
  return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}
