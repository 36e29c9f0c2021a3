/* cgroup2: see the kernel's Documentation/admin-guide/cgroup-v2.rst. */
#ifndef JAIL_CGROUP_H
#define JAIL_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Where it is mounted. */
const char *cgroup_hierarchy(void);
/* Makes it and what is above it, with all controllers that we use. A descriptor, or -1 with words. */
int cgroup_make(const char *path, char *error, size_t size);
/* Removes it, what is below it, and what is above it and empty. -1 with errno. */
int cgroup_remove(const char *path);
/* Below `directory`. -1 with errno. */
int cgroup_write(int directory, const char *file, const char *text);
/* The length, at most size - 1. -1 with errno. */
ssize_t cgroup_read(int directory, const char *file, char *text, size_t size);
/* A number of a file of one; UINT64_MAX for `max`; `otherwise` if there is none. */
uint64_t cgroup_number(int directory, const char *file, uint64_t otherwise);
/* Of a text of lines `key value`; 0 if there is none. */
uint64_t cgroup_value_of(const char *text, const char *key);
/* Of such a file, read anew through its descriptor. */
uint64_t cgroup_value(int fd, const char *key);
/* Calls back for each process, also those in cgroups below. */
void cgroup_each_process(int directory, void (*see)(pid_t pid, void *context), void *context);

#endif
