/* The container's mounts. All for the child, before its root is the root; all give up on failure. */
#ifndef JAIL_MOUNTS_H
#define JAIL_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtimes/kata/oci.pb-c.h"

void make_mounts(int root, const Grpc__Spec *spec);
/* A mount that is nowhere yet; `what` is for the words if it fails. */
int new_file_system(const char *type, const char *source, const char *const *options, size_t count,
		    const char *what);
/* Whether it is /dev, however it is written. */
bool is_dev(const char *destination);
/* Sets and clears MOUNT_ATTR_; `flags`: AT_RECURSIVE or 0. */
void set_attributes(int tree, unsigned flags, uint64_t set, uint64_t clear, unsigned long propagation,
		    const char *what);

#endif
