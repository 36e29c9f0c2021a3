/* Paths as a process sees them: under its root directory, through its mounts. See openat2(2). */
#ifndef AGENT_PLACE_H
#define AGENT_PLACE_H

#include <fcntl.h>
#include <stdint.h>
#include <sys/types.h>

/* The directory that a name is in, and the name: what the *at system calls take. */
struct place {
	int directory;
	const char *name; /* points into the path */
};

/*
 * Opens a path as process `pid` would, 0 for ourselves; symbolic links do not lead out of its root.
 * A descriptor or negative errno.
 */
int open_as(pid_t pid, const char *path, int flags, mode_t mode);
/* Opens the directory of the path's last part, which need not exist. 0 or negative errno. */
int place_open(struct place *place, pid_t pid, const char *path);
void place_close(struct place *place);

#endif
