/* Options of the OCI's mounts: see config.md, "Linux mount options", and mount_setattr(2). */
#ifndef JAIL_MOUNT_OPTIONS_H
#define JAIL_MOUNT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtimes/kata/oci.pb-c.h"

struct mount_options {
	bool bind, recursive;
	/* MOUNT_ATTR_ of the mount itself, and of all below it. */
	uint64_t set, clear;
	uint64_t set_below, clear_below;
	/* MS_SHARED and the like, or 0. */
	unsigned long propagation, propagation_below;
	/* The rest is the file system's, as it stands in the specification. */
	size_t count;
	const char *rest[32];
};

/* In the child: gives up on what cannot be had. */
void mount_options_parse(const Grpc__Mount *mount, struct mount_options *options);
/* Propagation by its name, such as `rslave`; MS_REC in it if recursive. 0 for an unknown one. */
unsigned long propagation_of(const char *name);

#endif
