/* The log of a container, in the format in which the kubelet reads it. */
#ifndef SANDGLASS_CONTAINER_LOG_H
#define SANDGLASS_CONTAINER_LOG_H

#include <stddef.h>
#include <stdint.h>

enum output { OUTPUT_STDOUT, OUTPUT_STDERR, OUTPUTS };

/* Where one is wanted, NULL is a log that keeps nothing. */
struct log;

/* NULL with errno. */
struct log *log_open(const char *path);
/* Once the file has been renamed: goes on in a new one. -1 with errno; then it goes on in the old one. */
int log_reopen(struct log *log);
void log_write(struct log *log, enum output stream, const uint8_t *bytes, size_t length);
/* A last line that has no end is a line, too. */
void log_flush(struct log *log, enum output stream);
void log_close(struct log *log);

#endif
