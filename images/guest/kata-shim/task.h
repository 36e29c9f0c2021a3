/*
 * The processes of the pod's machine that the shim has been told to track: the streams of each and its end.
 * They are the first processes of containers, and those that were started in them later, here as for CRI
 * called execs.
 */
#ifndef KATA_SHIM_TASK_H
#define KATA_SHIM_TASK_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent.h"
#include "container-clients.h"
#include "container-log.h"
#include "exit-record.h"
#include "timer.h"

/* Bytes of one ReadStdout, and of one WriteStdin. */
#define STREAM_PIECE CLIENT_FRAME_MAX

struct output_state {
	bool asked;
	bool ended;
};

struct input_state {
	bool closed;
	bool ending;  /* it is to be closed when all has been written; a terminal gets its end of file */
	bool writing; /* `piece` from `written` on */
	size_t written, length;
	uint8_t *piece;
};

struct task {
	struct task *next;
	char *container;
	char *exec; /* "" for the container's own */
	char *directory;
	bool terminal;
	bool held; /* until somebody is attached, it has to wait with its output */
	struct log *log;
	int listener;
	struct clients clients;
	struct output_state outputs[OUTPUTS];
	struct input_state input;
	long oom_kills;
	uint32_t events; /* of all containers, when this one's was asked for */
	/* The exit is known, and told once it is certain whether memory was the reason. */
	bool ended, told;
	int code, signal;
	struct timer telling;
	char record[EXIT_RECORD_SIZE];
	bool removed; /* nothing is left of it but clients who have something to take */
	size_t polled, polled_count; /* its clients within what was polled */
};

#define TASK_STDIN 1
#define TASK_TERMINAL 2
#define TASK_HELD 4
#define TASK_EXEC 8

/* task.c: 0, or a code of gRPC with what is wrong */
struct task_request {
	uint8_t flags;
	const char *container, *exec, *directory, *log;
};
enum ttrpc_code task_track(const struct task_request *request, char *text, size_t size);
struct task *task_find(const char *container, const char *exec);
extern struct task *tasks;
/* How the agent knows it: the first process by the container's id, as Kata's runtime has it. */
const char *task_exec_id(const struct task *task);
/* Its socket goes, its execs go with it; who waits is told first. */
void task_remove(struct task *task);
/* By another way than its own: whoever has asked the agent for it. */
void tasks_container_removed(const char *container);
/* What can go on, goes on. */
void tasks_go_on(void);
/* Nobody is listened to any more; who is there gets what there is for them. */
void tasks_end(void);
bool tasks_have_clients(void);
/* Room for as many as tasks_poll() adds. */
size_t tasks_poll_max(void);
size_t tasks_poll(struct pollfd *polled);
void tasks_serve(const struct pollfd *polled);

/* task-output.c */
void output_go_on(struct task *task);
bool output_drained(const struct task *task);

/* task-input.c: the first of clients_service */
size_t input_feed(void *task, const uint8_t *bytes, size_t length);
void input_close(void *task);

/* task-end.c */
void end_wait(struct task *task);
/* Its machine has forgotten or lost it. */
void end_now(struct task *task, int code, int signal);
/* From the first task on, GetOOMEvent is always asked. */
void end_watch_memory(void);

/* task-service.c */
extern const struct clients_service task_service;

#endif
