/*
 * Between `hostcall` and the node agent, over HOSTCALL_SOCKET (guest.h): messages of a header and a
 * body. Both run on the same machine, so numbers are in its own order.
 */
#ifndef SANDGLASS_HOSTCALL_H
#define SANDGLASS_HOSTCALL_H

#include <stdint.h>

struct hostcall_header {
	uint32_t type;
	uint32_t length; /* of the body */
};

/* Arguments, environment and all: above it, hostcall says that the command line is too long. */
#define HOSTCALL_REQUEST_MAX (512 * 1024)

/*
 * From hostcall. The first message; SCM_RIGHTS with it carries standard input, output and error
 * output. The body goes to the host as it is: strings and numbers as in protocol.h, namely
 * string directory, u32 count and arguments, u32 count and environment.
 */
#define HOSTCALL_REQUEST 1
/* From hostcall: u32, a signal that it was sent. */
#define HOSTCALL_SIGNAL 2
/* From hostcall: it has been told to stop (SIGTSTP); the agent answers HOSTCALL_STOP. */
#define HOSTCALL_STOPPING 3
/* From hostcall: it goes on after a stop; u32 1 if its group has the terminal. */
#define HOSTCALL_CONTINUED 4

/* From the agent: u32, the exit code. */
#define HOSTCALL_EXIT 10
/* From the agent: u32, the signal to die by. */
#define HOSTCALL_DIE 11
/* From the agent: the terminal is as it was; stop by the signal u32. */
#define HOSTCALL_STOP 12

/* EX_UNAVAILABLE of sysexits.h: nobody serves the call. */
#define HOSTCALL_UNAVAILABLE 69

#endif
