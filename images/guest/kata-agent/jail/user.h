/* Who a process is and where it is. For the child, in the container's root; gives up on failure. */
#ifndef JAIL_USER_H
#define JAIL_USER_H

#include <stdbool.h>

#include "runtimes/kata/oci.pb-c.h"

/* Groups and ids. */
void become_user(const Grpc__User *user);
/* -1 if it must be tried again as the user: on network file systems root may be nobody. */
int enter_directory(const char *directory, bool again);
/* The environment, NULL-terminated, with the HOME of /etc/passwd if it says none (runc, setupUser). */
char **environment_of(const Grpc__Process *process);
/* The program's path, by PATH of that environment. In Go's words if there is none. */
const char *find_program(const char *name, char **environment);

#endif
