/* What a child does that reads a file for the agent: it may wait as long as the file takes to come. */
#ifndef AGENT_COPY_FILE_H
#define AGENT_COPY_FILE_H

#include <stdbool.h>
#include <stdint.h>

/* Copies as much as a file has, up to `length` bytes; `*ended` says whether it has no more. 0 or an errno. */
int copy_file(int from, int to, uint64_t length, bool *ended);

#endif
