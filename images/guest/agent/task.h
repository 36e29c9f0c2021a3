/* Work that may take long: done by a child, so that the agent goes on with everything else. */
#ifndef AGENT_TASK_H
#define AGENT_TASK_H

#include <stdint.h>
#include <sys/types.h>

/*
 * fork(2). The child writes its standard output to `output` unless that is -1, has no further descriptors
 * than the `count` in `kept`, and ends when the agent does. In the agent `*pidfd` refers to it: unlike its
 * pid, that is never given to another process. See pidfd_open(2).
 */
pid_t task_fork(int output, int *kept, int count, int *pidfd);
/* Ends the child if it still runs. Closes `*pidfd`. */
void task_end(int *pidfd);

/*
 * Runs `work` in a child and replies on the channel with the errno that it returns, 0 for success.
 * If the host closes the channel before, the child is killed.
 */
void task_run(uint32_t id, int (*work)(const void *), const void *argument);

#endif
