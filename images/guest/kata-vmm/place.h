/* Where files are: below the shared directory, and nowhere else. */
#ifndef VMM_PLACE_H
#define VMM_PLACE_H

#include <limits.h>

#define DESCRIPTOR_PATH_SIZE 32

/* -1 and errno if the directory is none, or /proc is not mounted. */
int place_open(const char *directory);
/*
 * 0 if it is the VM's to change, which is what is mounted below the shared directory. Else EROFS: the directory itself
 * and what the mounts are on are the node's, which mounts and unmounts there by name; in Kata the whole is mounted
 * read-only (src/runtime/virtcontainers/fs_share_linux.go, Prepare).
 */
int place_check_change(int path);
/* A new descriptor of the shared directory, or -1 and errno. */
int place_root(void);
/* One name further: a new O_PATH descriptor, or -1 and errno. Symbolic links are the VM's to follow. */
int place_step(int directory, const char *name);
/* The directory that a file is in now, and its name there. -1 and errno if it has none any more. */
int place_parent(int path, char name[NAME_MAX + 1]);
/* The file of an O_PATH descriptor once more, opened for what `flags` say. -1 and errno if it cannot be. */
int place_reopen(int path, int flags);
/* A path of the file itself, for system calls that want one. */
const char *descriptor_path(int fd, char path[DESCRIPTOR_PATH_SIZE]);
/* EINVAL if it cannot be the name of a new file, else 0. */
int check_name(const char *name);

#endif
