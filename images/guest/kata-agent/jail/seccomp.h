/* seccomp(2) filters of the OCI's profiles, built as libseccomp and runc build them. */
#ifndef JAIL_SECCOMP_H
#define JAIL_SECCOMP_H

#include <linux/filter.h>
#include <stddef.h>

#include "runtimes/kata/oci.pb-c.h"

struct seccomp_filter {
	struct sock_fprog program; /* of no length: there is none */
	unsigned flags;		   /* SECCOMP_FILTER_FLAG_ */
};

/* -1 with words. To be given to seccomp_free(). */
int seccomp_build(const Grpc__LinuxSeccomp *profile, struct seccomp_filter *filter, char *error, size_t size);
void seccomp_free(struct seccomp_filter *filter);
/* In the child: gives up on failure. */
void seccomp_install(const struct seccomp_filter *filter);

#endif
