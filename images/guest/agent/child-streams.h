/* The pipes or the terminal between the agent and a child. See pipe(7), pty(7). */
#ifndef AGENT_CHILD_STREAMS_H
#define AGENT_CHILD_STREAMS_H

#include <stdbool.h>
#include <sys/ioctl.h>

struct launch;

/* Our end of a pipe must not wait; the child's must, as any program expects. -1 with errno. */
int make_pipe(int ours_theirs[2], bool into_child);
/* Opens the child's ends in launch->stdio and ours in `ours`; -1 for none. -1 with errno. */
int make_streams(struct launch *launch, struct winsize size, int ours[3]);
void close_all(const int *fds, int count);
/* In a child: closes all but the standard streams and these, which get other numbers. */
void keep_descriptors(int *fds, int count);

#endif
