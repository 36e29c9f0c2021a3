#ifndef SANDGLASS_LEAVE_CALLER_H
#define SANDGLASS_LEAVE_CALLER_H

/*
 * Makes this process, a child of the one that was called, live on by itself as a shim does: in a session of
 * its own under this name, without its standard streams, the reaper of all its descendants. SIGCHLD is then
 * blocked.
 */
void leave_caller(const char *name);

#endif
