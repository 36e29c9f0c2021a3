#include "guest.h"
#include "workload.h"

#include <linux/capability.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "capabilities.h"
#include "report.h"
#include "rlimits.h"
#include "streams.h"
#include "user.h"

/*
 * As late as can be, so that the filter hits as few calls of ours as possible: with no_new_privs right
 * before execve(2), otherwise while we still have CAP_SYS_ADMIN, which seccomp(2) wants then.
 */
static void give_up_rights(const struct workload *workload, const struct capabilities *capabilities)
{
	bool filters = workload->filter->program.len > 0;
	bool early = filters && !workload->process->nonewprivileges;
	if (early) {
		capabilities_use(capabilities->effective | (uint64_t)1 << CAP_SYS_ADMIN);
		seccomp_install(workload->filter);
	}
	capabilities_set(capabilities);
	if (filters && !early)
		seccomp_install(workload->filter);
}

/* NULL-terminated. */
static char **arguments_of(const Grpc__Process *process)
{
	char **arguments = calloc(process->n_args + 1, sizeof(*arguments));
	if (!arguments)
		give_up_errno("exec");
	for (size_t i = 0; i < process->n_args; i++)
		arguments[i] = process->args[i];
	return arguments;
}

void become_workload(const struct workload *workload)
{
	const Grpc__Process *process = workload->process;
	const Grpc__User *user = process->user;
	struct capabilities capabilities = capabilities_of(process->capabilities);
	if (process->n_args == 0)
		give_up("args must not be empty");
	set_rlimits(process);
	char **environment = environment_of(process);
	if (process->nonewprivileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		give_up_errno("setting no_new_privs");
	give_streams(user ? user->uid : 0);
	int entered = enter_directory(process->cwd, false);
	capabilities_bound(&capabilities);
	become_user(user);
	/* What the user cannot see or execute is an error now. */
	capabilities_use(capabilities.effective);
	if (entered < 0)
		enter_directory(process->cwd, true);
	char **arguments = arguments_of(process);
	const char *program = find_program(process->args[0], environment);
	report_ready(workload->terminal);
	if (workload->terminal >= 0)
		close(workload->terminal);
	if (workload->held)
		wait_for_start();
	give_up_rights(workload, &capabilities);
	execve(program, arguments, environment);
	give_up_errno("exec %s", program);
}
