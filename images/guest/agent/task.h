/* Work that may take long: done by a child, so that the agent goes on with everything else. */
#ifndef AGENT_TASK_H
#define AGENT_TASK_H

#include <stdint.h>

/*
 * Runs `work` in a child and replies on the channel with the errno that it returns, 0 for success.
 * If the host closes the channel before, the child is killed.
 */
void task_run(uint32_t id, int (*work)(const void *), const void *argument);

#endif
