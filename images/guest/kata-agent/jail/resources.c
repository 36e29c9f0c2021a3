#include "guest.h"
#include "resources.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "cgroup.h"
#include "words.h"

/* cgroup v1's range of cpu.shares onto that of cpu.weight (runc, ConvertCPUSharesToCgroupV2Value). */
static uint64_t weight_of(uint64_t shares)
{
	const uint64_t most = 262144, least = 2;
	if (shares < least)
		shares = least;
	if (shares > most)
		shares = most;
	return 1 + (shares - least) * 9999 / (most - least);
}

static int set(int cgroup, const char *file, const char *text, char *error, size_t size)
{
	if (cgroup_write(cgroup, file, text) == 0)
		return 0;
	if (errno == ENOENT)
		return fail(error, size, "this kernel's cgroups have no %s", file);
	return fail_errno(error, size, "writing %s to %s", text, file);
}

/* What the OCI says with a negative number is `max`. */
static int set_limit(int cgroup, const char *file, int64_t limit, char *error, size_t size)
{
	char text[32] = "max";
	if (limit >= 0)
		snprintf(text, sizeof(text), "%" PRId64, limit);
	return set(cgroup, file, text, error, size);
}

/* Kernel memory, swappiness and an OOM killer that is off are version 1's: runc ignores them here. */
static int set_memory(int cgroup, const Grpc__LinuxMemory *memory, char *error, size_t size)
{
	/* The OCI counts memory and swap together. */
	if (memory->swap != 0) {
		if (memory->swap > 0 && memory->limit <= 0)
			return fail(error, size, "unable to set swap limit without memory limit");
		if (memory->swap > 0 && memory->limit > memory->swap)
			return fail(error, size, "the limit of memory and swap is below that of memory");
		int64_t swap = memory->swap > 0 ? memory->swap - memory->limit : memory->swap;
		/* A kernel without swap needs no limit of it. */
		char none[2];
		if (cgroup_read(cgroup, "memory.swap.max", none, sizeof(none)) >= 0 &&
		    set_limit(cgroup, "memory.swap.max", swap, error, size) < 0)
			return -1;
	}
	if (memory->limit != 0 && set_limit(cgroup, "memory.max", memory->limit, error, size) < 0)
		return -1;
	if (memory->reservation != 0 && set_limit(cgroup, "memory.low", memory->reservation, error, size) < 0)
		return -1;
	return 0;
}

/*
 * Real-time bandwidth is version 1's. CPU sets: the machine has one CPU and one node, so that no
 * choice is left; Kata drops what its machine does not have, too.
 */
static int set_cpu(int cgroup, const Grpc__LinuxCPU *cpu, char *error, size_t size)
{
	char text[64];
	if (cpu->shares != 0) {
		snprintf(text, sizeof(text), "%" PRIu64, weight_of(cpu->shares));
		if (set(cgroup, "cpu.weight", text, error, size) < 0)
			return -1;
	}
	if (cpu->quota == 0 && cpu->period == 0)
		return 0;
	uint64_t period = cpu->period != 0 ? cpu->period : 100000;
	if (cpu->quota > 0)
		snprintf(text, sizeof(text), "%" PRId64 " %" PRIu64, cpu->quota, period);
	else
		snprintf(text, sizeof(text), "max %" PRIu64, period);
	return set(cgroup, "cpu.max", text, error, size);
}

/*
 * Device rules would have to be an eBPF program, and the machine's kernel is without: with CAP_MKNOD a
 * container can reach all of the machine's devices. They are its pod's alone.
 */
int resources_set(int cgroup, const Grpc__LinuxResources *resources, char *error, size_t size)
{
	if (!resources)
		return 0;
	if (resources->memory && set_memory(cgroup, resources->memory, error, size) < 0)
		return -1;
	if (resources->cpu && set_cpu(cgroup, resources->cpu, error, size) < 0)
		return -1;
	if (resources->pids && resources->pids->limit != 0)
		return set_limit(cgroup, "pids.max", resources->pids->limit, error, size);
	return 0;
}
