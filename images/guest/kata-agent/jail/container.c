#include "guest.h"
#include "container.h"

#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "report.h"
#include "root.h"
#include "streams.h"
#include "sysctls.h"
#include "words.h"
#include "workload.h"

static bool lists(const Grpc__Spec *spec, const char *namespace)
{
	for (size_t i = 0; i < spec->linux->n_namespaces; i++) {
		if (strcmp(spec->linux->namespaces[i]->type, namespace) == 0)
			return true;
	}
	return false;
}

static int check_namespaces(const Grpc__Linux *specification, char *error, size_t size)
{
	static const char *const known[] = { "pid", "network", "mount", "ipc", "uts", "cgroup" };
	for (size_t i = 0; i < specification->n_namespaces; i++) {
		const char *type = specification->namespaces[i]->type;
		size_t at = 0;
		while (at < sizeof(known) / sizeof(*known) && strcmp(type, known[at]) != 0)
			at++;
		if (at == sizeof(known) / sizeof(*known))
			return fail(error, size, "a %s namespace is not supported in a virtual machine",
				    type);
	}
	return 0;
}

int container_check(const Grpc__Spec *spec, char *error, size_t size)
{
	if (!spec || !spec->process || !spec->root || !*spec->root->path || !spec->linux)
		return fail(error, size, "the specification lacks its process, its root or its linux part");
	if (*spec->process->apparmorprofile)
		return fail(error, size, "apparmor is not supported by the machine's kernel");
	if (*spec->process->selinuxlabel || *spec->linux->mountlabel)
		return fail(error, size, "selinux is not supported by the machine's kernel");
	return check_namespaces(spec->linux, error, size);
}

uint64_t container_flags(const struct jail_request *request)
{
	uint64_t flags = CLONE_NEWNS;
	if (request->pid < 0)
		flags |= CLONE_NEWPID;
	if (request->ipc < 0 && lists(request->spec, "ipc"))
		flags |= CLONE_NEWIPC;
	if (request->uts < 0 && lists(request->spec, "uts"))
		flags |= CLONE_NEWUTS;
	return flags;
}

static void join(int namespace, int type, const char *name)
{
	if (namespace >= 0 && setns(namespace, type) < 0)
		give_up_errno("joining the sandbox's %s namespace", name);
}

void container_enter(const void *what)
{
	const struct container *container = what;
	const struct jail_request *request = container->request;
	join(request->ipc, CLONE_NEWIPC, "ipc");
	join(request->uts, CLONE_NEWUTS, "uts");
	/* It must be in its cgroup by now, which is to be the root of what it sees. */
	if (lists(request->spec, "cgroup") && unshare(CLONE_NEWCGROUP) < 0)
		give_up_errno("making a cgroup namespace");
}

void container_become(const void *what)
{
	const struct container *container = what;
	const Grpc__Spec *spec = container->request->spec;
	struct workload workload = { .process = spec->process,
				     .filter = container->filter,
				     .terminal = -1,
				     .held = true };
	/* The sandbox has its name already, where it is shared. */
	if (*spec->hostname && container_flags(container->request) & CLONE_NEWUTS &&
	    sethostname(spec->hostname, strlen(spec->hostname)) < 0)
		give_up_errno("setting the hostname to \"%s\"", spec->hostname);
	int root = root_open(spec);
	root_furnish(root, spec);
	if (spec->process->terminal)
		workload.terminal = take_terminal(root, spec->process, true);
	set_sysctls(spec->linux);
	set_oom_score_adjustment(spec->process->oomscoreadj);
	root_enter(root, spec);
	become_workload(&workload);
}
