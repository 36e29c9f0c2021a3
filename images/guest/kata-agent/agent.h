/*
 * The agent of a Kata pod's machine: its PID 1, which makes containers in it as the shim on the node asks
 * (grpc.AgentService of proto/runtimes/kata/agent.proto, over ttRPC). One thread and one loop: nothing here
 * waits, except for the kernel.
 */
#ifndef KATA_AGENT_H
#define KATA_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where Kata's agent keeps what belongs to the pod (src/agent/src/rpc.rs, CONTAINER_BASE). */
#define KATA_DIRECTORY "/run/kata-containers"

/* Longest description of a failure. */
#define ERROR_MAX 1024

/* A line on the console, which also shows the kernel's. */
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);
/* Memory that a small request needs: without it there is no agent, and no machine without its agent. */
void *must_allocate(size_t size);
char *must_copy(const char *text);
/* Milliseconds of CLOCK_MONOTONIC. */
int64_t now_ms(void);

/* What Linux programs expect: file systems, control groups, settings, loopback. */
void boot(void);
/* Ends the machine; the processes in it are gone by then. */
_Noreturn void halt(void);

/* Port 2: a login shell on a terminal, as Kata's debug console. It begins with the first byte. */
void console_start(void);
/* Port 3: for every byte a survey of the machine, u32 little-endian length and the text. */
void survey_start(void);
/* A child that is not a container's has ended; the console's shell, perhaps. */
void console_child_ended(int pid);
/* Opens the port of that name; -1, having said why. */
int open_port(const char *name);

#endif
