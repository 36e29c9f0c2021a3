/* The node's PID 1, in the order of what it does. */
#ifndef INIT_INIT_H
#define INIT_INIT_H

#include <sys/types.h>

/* Short lines on the console, which also shows the kernel's. */
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);
/* What Linux programs expect. */
void mount_everything(void);
/* cgroup2, with its controllers handed down, and a place for us. */
void mount_cgroups(void);
/* Host name, loopback, kernel settings. */
void set_up_node(void);

/* Starts the agent on its port. -1 if it cannot. */
pid_t start_agent(void);

#endif
