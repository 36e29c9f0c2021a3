#include "guest.h"
#include "sysctls.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "calls.h"
#include "report.h"

/* `net.ipv4.ip_forward`; with slashes, dots stand for themselves (sysctl(8)). */
static void path_of(const char *key, char *path, size_t size)
{
	snprintf(path, size, "%s", key);
	if (strchr(path, '/'))
		return;
	for (char *dot; (dot = strchr(path, '.'));)
		*dot = '/';
}

static void set(int directory, const Grpc__Linux__SysctlEntry *entry)
{
	char path[256];
	path_of(entry->key, path, sizeof(path));
	struct open_how how = { .flags = O_WRONLY | O_CLOEXEC, .resolve = RESOLVE_BENEATH };
	int fd = call_openat2(directory, path, &how);
	if (fd < 0 || write(fd, entry->value, strlen(entry->value)) < 0)
		give_up_errno("setting the sysctl %s to \"%s\"", entry->key, entry->value);
	close(fd);
}

void set_sysctls(const Grpc__Linux *specification)
{
	if (specification->n_sysctl == 0)
		return;
	int directory = open("/proc/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		give_up_errno("opening /proc/sys");
	for (size_t i = 0; i < specification->n_sysctl; i++)
		set(directory, specification->sysctl[i]);
	close(directory);
}

void set_oom_score_adjustment(int64_t value)
{
	char text[24];
	int length = snprintf(text, sizeof(text), "%" PRId64, value);
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, (size_t)length) < 0)
		give_up_errno("setting oom_score_adj to %s", text);
	close(fd);
}
