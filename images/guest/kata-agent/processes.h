/* The processes of the containers: their streams, and how they ended. */
#ifndef KATA_PROCESSES_H
#define KATA_PROCESSES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "call.h"
#include "jail/jail.h"
#include "loop.h"

struct container;

/* A stream between the agent and a process; nothing is buffered here: data stays in the pipe until it is asked for. */
struct stream {
	struct source source; /* fd -1: none, or at its end */
	struct call_list calls;
	bool stalled; /* nobody is to read it until answers have been written */
	struct stream *next_stalled;
	bool closing; /* an input to be closed once all was written, an output once all was read */
};

struct process {
	struct process *next;
	struct container *container;
	char *exec_id; /* as upstream has it, the container's own for its first process */
	bool terminal;
	struct jail_process jailed;
	struct source report;
	struct stream in, out, err;
	/* CreateContainer and StartContainer, or ExecProcess, until the report has said what has come of it. */
	struct call_list starting;
	struct call_list waiting; /* WaitProcess */
	bool ended, told;	  /* told: somebody knows the status */
	int status;		  /* as a shell says it: 128 and the signal */
};

/* Begins to listen to what the jail has made. */
struct process *process_add(struct container *container, const char *exec_id, const struct jail_process *jailed,
			    bool terminal);
/* Fails what waits for it; the process is forgotten. It may run still. */
void process_remove(struct process *process);
/* Answers a WaitProcess for one that has ended, which may be forgotten then. */
void process_tell_end(struct process *process, struct call *call);
/* Whether the child was one of ours. */
bool process_ended(pid_t pid, int status);
/* Hears of children that have ended meanwhile: main.c. */
void reap_children(void);
/* After a jail_start(): the report goes on. */
void process_listen(struct process *process);

#endif
