#define _GNU_SOURCE
#include "SystemCalls.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long count;

/// The next definition of a function: the C library's own.
#define NEXT(name, ...)                                  \
  static __typeof__(&name) next;                         \
  if (!next) next = (__typeof__(next))dlsym(RTLD_NEXT, #name); \
  __VA_ARGS__

static const char *absolute(const char *path, char *buffer) {
  if (path[0] == '/') return path;
  char folder[PATH_MAX];
  if (!getcwd(folder, sizeof folder)) return path;
  snprintf(buffer, PATH_MAX * 2, "%s/%s", folder, path);
  return buffer;
}

/// Counts a call, writes it down, and ends the program where it is to end.
///
/// One write to a file opened for appending is whole, whichever thread or process makes it.
static void note(const char *call, const char *one, const char *other) {
  const char *record = getenv("STET_TEST_CALLS");
  if (!record) return;
  int saved = errno;
  const char *last = getenv("STET_TEST_KILL");
  long number = atomic_fetch_add(&count, 1) + 1;
  if (last && number == atol(last)) kill(getpid(), SIGKILL);
  char line[PATH_MAX * 5], first[PATH_MAX * 2], second[PATH_MAX * 2];
  int length = snprintf(
    line, sizeof line, "%s%s%s%s%s\n", call, one ? "\t" : "", one ? absolute(one, first) : "",
    other ? "\t" : "", other ? absolute(other, second) : "");
  long file = syscall(SYS_openat, AT_FDCWD, record, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (file >= 0) {
    syscall(SYS_write, file, line, length);
    syscall(SYS_close, file);
  }
  errno = saved;
}

static void note_descriptor(const char *call, int descriptor) {
  char link[64], path[PATH_MAX];
  int saved = errno;
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, sizeof path - 1);
  errno = saved;
  if (length < 0) return;
  path[length] = 0;
  if (!strncmp(path, "socket:", 7) || !strncmp(path, "pipe:", 5)) {
    if (!strcmp(call, "write")) note("send", NULL, NULL);
  } else if (path[0] == '/' && strncmp(path, "/dev/", 5) && strncmp(path, "/proc/", 6)) {
    note(call, path, NULL);
  }
}

static void note_creation(const char *path, int flags) {
  if (!(flags & O_CREAT)) return;
  int saved = errno;
  if (faccessat(AT_FDCWD, path, F_OK, 0)) note("create", path, NULL);
  errno = saved;
}

static mode_t mode_of(int flags, va_list more) {
  int has_mode = flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE;
  return has_mode ? va_arg(more, mode_t) : 0;
}

#define OPEN(name)                                   \
  int name(const char *path, int flags, ...) {       \
    va_list more;                                    \
    va_start(more, flags);                           \
    mode_t mode = mode_of(flags, more);              \
    va_end(more);                                    \
    note_creation(path, flags);                      \
    NEXT(name, return next(path, flags, mode);)      \
  }
OPEN(open)
OPEN(open64)

ssize_t write(int file, const void *bytes, size_t length) {
  note_descriptor("write", file);
  NEXT(write, return next(file, bytes, length);)
}

ssize_t pwrite(int file, const void *bytes, size_t length, off_t offset) {
  note_descriptor("write", file);
  NEXT(pwrite, return next(file, bytes, length, offset);)
}

ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t offset) {
  note_descriptor("write", file);
  NEXT(pwrite64, return next(file, bytes, length, offset);)
}

ssize_t writev(int file, const struct iovec *parts, int partCount) {
  note_descriptor("write", file);
  NEXT(writev, return next(file, parts, partCount);)
}

ssize_t send(int file, const void *bytes, size_t length, int flags) {
  note_descriptor("write", file);
  NEXT(send, return next(file, bytes, length, flags);)
}

ssize_t sendto(
  int file, const void *bytes, size_t length, int flags, const struct sockaddr *to, socklen_t toLength) {
  note_descriptor("write", file);
  NEXT(sendto, return next(file, bytes, length, flags, to, toLength);)
}

ssize_t sendmsg(int file, const struct msghdr *message, int flags) {
  note_descriptor("write", file);
  NEXT(sendmsg, return next(file, message, flags);)
}

int ftruncate(int file, off_t length) {
  note_descriptor("truncate", file);
  NEXT(ftruncate, return next(file, length);)
}

int ftruncate64(int file, off64_t length) {
  note_descriptor("truncate", file);
  NEXT(ftruncate64, return next(file, length);)
}

/// Written down only where it has come to its end: until then nothing is promised.
#define SYNC(name)                                   \
  int name(int file) {                               \
    NEXT(name, int result = next(file);)             \
    if (!result) note_descriptor("sync", file);      \
    return result;                                   \
  }
SYNC(fsync)
SYNC(fdatasync)

int rename(const char *from, const char *to) {
  note("rename", from, to);
  NEXT(rename, return next(from, to);)
}

int link(const char *from, const char *to) {
  note("link", from, to);
  NEXT(link, return next(from, to);)
}

int unlink(const char *path) {
  note("remove", path, NULL);
  NEXT(unlink, return next(path);)
}

/// Ways past this library that nobody under test goes.
#define UNEXPECTED(name, ...)                                       \
  int name(__VA_ARGS__) {                                           \
    static const char said[] = "the recorder does not know " #name "\n"; \
    syscall(SYS_write, STDERR_FILENO, said, sizeof said - 1);       \
    abort();                                                        \
  }
UNEXPECTED(creat, const char *path, mode_t mode)
UNEXPECTED(creat64, const char *path, mode_t mode)
UNEXPECTED(renameat2, int fromFolder, const char *from, int toFolder, const char *to, unsigned flags)
UNEXPECTED(linkat, int fromFolder, const char *from, int toFolder, const char *to, int flags)
UNEXPECTED(mkdirat, int folder, const char *path, mode_t mode)

int mkdir(const char *path, mode_t mode) {
  note("folder", path, NULL);
  NEXT(mkdir, return next(path, mode);)
}
