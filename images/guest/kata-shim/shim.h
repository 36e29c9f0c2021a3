/*
 * The shim of a pod that is a virtual machine, what containerd-shim-kata-v2 is elsewhere: the parent of the
 * VMM, the one client of the agent within the machine, and the holder of the streams and the ends of the
 * processes there, whoever else comes and goes meanwhile.
 */
#ifndef KATA_SHIM_SHIM_H
#define KATA_SHIM_SHIM_H

#include <stdbool.h>

struct options {
	const char *id;
	const char *socket; /* where it listens */
	const char *vsock;  /* where the VMM will */
	const char *stderr_file;
	char *const *vmm; /* its command line */
};

/* start.c: the exit code of the process that was called */
int shim_start(const struct options *options);

/* run.c: the agent's connection is up; returns when the shim is to end */
void shim_run(int listener, int agent);
/* Destroys the sandbox, ends the VMM, tells those who asked for it, and ends. */
void shim_shut_down(void);

#endif
