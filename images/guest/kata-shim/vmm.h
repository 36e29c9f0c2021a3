/* The process that is the pod's virtual machine: the shim's child, which does not outlive it. */
#ifndef KATA_SHIM_VMM_H
#define KATA_SHIM_VMM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What it writes goes to the end of the file. The pid, or -1 with errno. */
pid_t vmm_start(char *const *argv, const char *stderr_file);
pid_t vmm_pid(void);
/* After SIGCHLD. True if it has ended just now. */
bool vmm_reap(void);
bool vmm_ended(void);
/* Whether it was told to end. */
bool vmm_stopped(void);
/* How, in words that go on "it has ended: ". `why` is what came before, or NULL. */
void vmm_describe_end(const char *why, char *text, size_t size);
/* SIGTERM after so many milliseconds, and SIGKILL to one that does not obey. */
void vmm_stop(int milliseconds);
/* The same at once, and waits for its end. */
void vmm_stop_now(void);

#endif
