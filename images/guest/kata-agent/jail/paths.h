/* Paths as the container sees them: symbolic links that an image brings never lead out of its root. */
#ifndef JAIL_PATHS_H
#define JAIL_PATHS_H

#include <stdbool.h>
#include <stdint.h>

/* O_PATH; `resolve`: further RESOLVE_ flags of openat2(2). -1 with errno. */
int open_inside(int root, const char *path, uint64_t resolve);
/* The same, and makes what is missing: directories, at the end one more or an empty file. */
int make_inside(int root, const char *path, bool directory);
/* The directory that a path is to be made in, made if missing; `*name` is its last part. */
int make_parent_inside(int root, const char *path, const char **name);

#endif
