/*
 * The caller's side of a command that is served outside of the machine (hostcall.h). Each of these ends the
 * program, with a sentence and HOSTCALL_UNAVAILABLE, where nobody serves it.
 */
#ifndef SANDGLASS_HOSTCALL_CLIENT_H
#define SANDGLASS_HOSTCALL_CLIENT_H

struct hostcall_client {
	const char *name;     /* to complain under */
	int streams[3];	      /* what the host reads and writes as ours */
	void (*ending)(void); /* called on every way out; NULL if there is nothing to do */
};

/*
 * Hands arguments, directory, environment and streams over; returns the connection. Blocks the signals
 * that hostcall_wait passes on, so threads that are to leave them alone are made after it.
 */
int hostcall_start(const struct hostcall_client *client, char **argv);
/* Passes signals on until the host gives the exit code or the signal to die by, and ends so. */
_Noreturn void hostcall_wait(int agent);
/* Ends as if nobody served it. Any thread may call it. */
_Noreturn void hostcall_fail(const char *why);

#endif
