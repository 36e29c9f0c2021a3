/* What every guest program shares. Include it first: it selects the Linux interfaces of the libc. */
#ifndef SANDGLASS_GUEST_H
#define SANDGLASS_GUEST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

/* Printed by -v; changes whenever a guest program changes what it does. */
#define GUEST_VERSION "1"

/* Where `hostcall` finds the agent. Present only while the host serves calls. */
#define HOSTCALL_SOCKET "/run/sandglass/hostcall.sock"

#endif
