/* The program in classic BPF that does what a profile says. */
#ifndef JAIL_SECCOMP_PROGRAM_H
#define JAIL_SECCOMP_PROGRAM_H

#include <linux/filter.h>

#include "seccomp-rules.h"

/* The instructions are to be freed. -1 with errno. */
int seccomp_assemble(const struct rules *rules, struct sock_fprog *program);

#endif
