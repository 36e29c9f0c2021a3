/* Entering the namespaces of other processes. See namespaces(7), setns(2). */
#ifndef AGENT_NAMESPACES_H
#define AGENT_NAMESPACES_H

#include <stdint.h>
#include <sys/types.h>

/* A descriptor of a namespace such as "net" of a process, 0 for ourselves. Negative errno. */
int namespace_open(pid_t pid, const char *name);
/* Enters all in the set (NAMESPACE_) but the PID namespace. On failure errno is set, `*failed` names one. */
int namespaces_enter(pid_t pid, uint32_t set, const char **failed);

#endif
