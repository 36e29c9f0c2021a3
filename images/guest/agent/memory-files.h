/*
 * Files whose bytes are the kernel's own: reading one never waits for a device or another machine. Those of
 * proc(5) are not among them: what it says of a process may wait for that process's memory map, which a thread
 * holds that waits for a page of a slow file.
 */
#ifndef AGENT_MEMORY_FILES_H
#define AGENT_MEMORY_FILES_H

#include <stdbool.h>

bool lies_in_memory(int fd);

#endif
