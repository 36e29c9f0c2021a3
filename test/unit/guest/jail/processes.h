/* The driver's processes: first ones of containers and further ones, by number. */
#ifndef PROCESSES_H
#define PROCESSES_H

#include <stdbool.h>
#include <stddef.h>

#include "answer.h"
#include "kata-agent/jail/jail.h"

#define MOST 256

struct process {
	struct jail_process jailed;
	bool ended;
	int status;
	struct text out, err;
};

extern struct process processes[MOST];
extern char error[512];

void reap_by(int signals);
void reap(void);
void say_refused(void);
void say_stage(const struct process *process);
/* Until the stage is another; says what it is. */
void settle(struct process *process);
/* Until its output has this text in it; empty: until it has ended. Says what it has said. */
void say_outcome(unsigned number, const char *text, size_t length);
/* No bytes: the end. */
void give_input(unsigned number, const void *bytes, size_t length);
/* Closes our ends and waits until it has been reaped. */
void forget(unsigned number);

#endif
