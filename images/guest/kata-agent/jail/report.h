/*
 * What a process to be tells the agent, and the agent's word to start. A pair of SOCK_SEQPACKET sockets;
 * execve(2) closes the process's end, by which the agent knows that it runs.
 */
#ifndef JAIL_REPORT_H
#define JAIL_REPORT_H

#include <stddef.h>

/* In the child: the end to report through. All of these are for the child. */
void report_through(int channel);
/* What cannot be done, in words; the child ends. */
__attribute__((format(printf, 1, 2))) _Noreturn void give_up(const char *format, ...);
/* The same, with errno's words after a colon. */
__attribute__((format(printf, 1, 2))) _Noreturn void give_up_errno(const char *format, ...);
/* Prepared; `terminal` is its master or -1. */
void report_ready(int terminal);
/* Until the agent says so; ends if the agent has given the container up. */
void wait_for_start(void);

#endif
