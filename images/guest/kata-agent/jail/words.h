/* Failures in words, on the agent's side. */
#ifndef JAIL_WORDS_H
#define JAIL_WORDS_H

#include <stddef.h>

/* An errno as Go words it, and so runc: `no such file or directory`. */
const char *errno_words(int number);
/* Writes `error` and returns -1. */
__attribute__((format(printf, 3, 4))) int fail(char *error, size_t size, const char *format, ...);
/* The same, with errno's words after a colon. errno is kept. */
__attribute__((format(printf, 3, 4))) int fail_errno(char *error, size_t size, const char *format, ...);

#endif
