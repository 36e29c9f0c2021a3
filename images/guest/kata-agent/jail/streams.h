/* Standard streams: pipes, or a terminal of the container's own devpts. */
#ifndef JAIL_STREAMS_H
#define JAIL_STREAMS_H

#include <stdbool.h>
#include <sys/types.h>

#include "runtimes/kata/oci.pb-c.h"

struct streams {
	int ours[3], theirs[3]; /* -1 for none */
};

/* Pipes. -1 with errno, and nothing open. */
int streams_open(struct streams *streams);
void close_all(const int *fds, int count);

/* The rest is for the child. */
/* Theirs become 0, 1 and 2. All other descriptors but one are closed. */
void streams_take(const struct streams *streams, int keep);
/* Makes a terminal and returns its master. `console`: it is to be seen as /dev/console, too. */
int take_terminal(int root, const Grpc__Process *process, bool console);
/* So that /dev/stdout and the like can be opened by the user (runc, fixStdioPermissions). */
void give_streams(uid_t uid);

#endif
