// A library to preload (ld.so(8), LD_PRELOAD) into a program under test. It writes down what the program
// asks of the file system and of its sockets, and can kill the program at any of these calls.
//
// STET_TEST_CALLS  a file to which each call adds a line of tab-separated fields:
//   create FILE · folder PATH · write FILE · truncate FILE · sync FILE · rename FROM TO · link FROM TO ·
//   remove FILE · send
// STET_TEST_KILL   the number of the call, counted from 1, before which the program is killed.
