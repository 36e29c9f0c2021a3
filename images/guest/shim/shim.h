/*
 * The monitor of one container, what containerd-shim and conmon are elsewhere: it has the OCI runtime
 * create the container, holds the other ends of its streams, writes its log, reaps it and keeps its
 * exit status, whoever else comes and goes meanwhile.
 */
#ifndef SANDGLASS_SHIM_H
#define SANDGLASS_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct log;

struct options {
	const char *id;
	const char *bundle;   /* absolute */
	const char *runtime;  /* the OCI runtime's program */
	const char *root;     /* where it keeps its state */
	const char *log;      /* the container's log in CRI format, or NULL */
	const char *overlay;  /* mount(2)'s data for the bundle's rootfs, or NULL */
	const char *cgroup;   /* the container's directory of cgroup2 */
	const char *preload;  /* a library for the runtime, or NULL */
	bool stdin_open;
	bool terminal;
	bool kill_all; /* no PID namespace of its own: what it leaves behind does not die by itself */
};

/* The streams of the container, from our side; -1 where there is none. */
struct streams {
	int in, out, err;
};

/* main.c: says why on stderr, prefixed with nothing: the caller knows what was attempted. */
__attribute__((format(printf, 1, 2))) void complain(const char *format, ...);

/* create.c */
int shim_create(const struct options *options);

/* mounts.c */
int mount_rootfs(const struct options *options);
int unmount_all(char **paths);
int prepare_sandbox(const char *netns, const char *shm);

/* usage.c */
int print_usage(char **directories);

/* runtime.c */
struct runtime_call {
	const char *command;
	const char *arguments[8]; /* NULL-terminated; before the id */
	int stdio[3];
};
/* The runtime's exit code, or -1 if it was killed or could not be started. */
int runtime_run(const struct options *options, const struct runtime_call *call);
void runtime_complaint(const struct options *options, char *text, size_t size);

/* console.c: a descriptor, or -1 */
int console_receive(int listener);

/* monitor.c: the container is created; returns when it has been deleted */
void monitor(const struct options *options, struct streams streams, struct log *log, int listener,
	     pid_t init);

#endif
