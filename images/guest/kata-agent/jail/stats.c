#include "guest.h"
#include "jail.h"

#include <stdlib.h>
#include <string.h>

#include "cgroup.h"
#include "inside.h"
#include "words.h"

/* A message and all that it points to. */
struct stats {
	Grpc__CgroupStats all;
	Grpc__CpuStats cpu;
	Grpc__CpuUsage cpu_usage;
	Grpc__ThrottlingData throttling;
	Grpc__PidsStats pids;
	Grpc__MemoryStats memory;
	Grpc__MemoryData memory_usage, swap_usage;
	Grpc__MemoryStats__StatsEntry entries[64], *list[64];
	char text[4096]; /* memory.stat */
};

/* CPU time is in microseconds with the kernel, in nanoseconds with Kata. */
static uint64_t nanoseconds(const char *text, const char *key)
{
	return cgroup_value_of(text, key) * 1000;
}

static void take_cpu(int cgroup, struct stats *stats)
{
	grpc__cpu_stats__init(&stats->cpu);
	grpc__cpu_usage__init(&stats->cpu_usage);
	grpc__throttling_data__init(&stats->throttling);
	stats->cpu.cpu_usage = &stats->cpu_usage;
	stats->cpu.throttling_data = &stats->throttling;
	char text[1024];
	if (cgroup_read(cgroup, "cpu.stat", text, sizeof(text)) <= 0)
		return;
	stats->cpu_usage.total_usage = nanoseconds(text, "usage_usec");
	stats->cpu_usage.usage_in_usermode = nanoseconds(text, "user_usec");
	stats->cpu_usage.usage_in_kernelmode = nanoseconds(text, "system_usec");
	stats->throttling.periods = cgroup_value_of(text, "nr_periods");
	stats->throttling.throttled_periods = cgroup_value_of(text, "nr_throttled");
	stats->throttling.throttled_time = nanoseconds(text, "throttled_usec");
}

static void take_memory_stat(int cgroup, struct stats *stats)
{
	const size_t room = sizeof(stats->list) / sizeof(*stats->list);
	if (cgroup_read(cgroup, "memory.stat", stats->text, sizeof(stats->text)) <= 0)
		return;
	char *rest = stats->text;
	for (char *line; stats->memory.n_stats < room && (line = strsep(&rest, "\n"));) {
		char *value = strchr(line, ' ');
		if (!value)
			continue;
		*value++ = 0;
		Grpc__MemoryStats__StatsEntry *entry = &stats->entries[stats->memory.n_stats];
		grpc__memory_stats__stats_entry__init(entry);
		entry->key = line;
		entry->value = strtoull(value, NULL, 10);
		stats->list[stats->memory.n_stats++] = entry;
		if (strcmp(line, "file") == 0)
			stats->memory.cache = entry->value;
	}
}

static void take_memory(int cgroup, struct stats *stats)
{
	grpc__memory_stats__init(&stats->memory);
	grpc__memory_data__init(&stats->memory_usage);
	grpc__memory_data__init(&stats->swap_usage);
	stats->memory.usage = &stats->memory_usage;
	stats->memory.swap_usage = &stats->swap_usage;
	stats->memory.stats = stats->list;
	stats->memory.use_hierarchy = true;
	stats->memory_usage.usage = cgroup_number(cgroup, "memory.current", 0);
	/* Since Linux 5.19. */
	stats->memory_usage.max_usage = cgroup_number(cgroup, "memory.peak", 0);
	stats->memory_usage.limit = cgroup_number(cgroup, "memory.max", 0);
	stats->swap_usage.usage = cgroup_number(cgroup, "memory.swap.current", 0);
	stats->swap_usage.limit = cgroup_number(cgroup, "memory.swap.max", 0);
	take_memory_stat(cgroup, stats);
}

static void take(int cgroup, struct stats *stats)
{
	grpc__cgroup_stats__init(&stats->all);
	grpc__pids_stats__init(&stats->pids);
	take_cpu(cgroup, stats);
	take_memory(cgroup, stats);
	stats->pids.current = cgroup_number(cgroup, "pids.current", 0);
	/* 0 says that there is none. */
	uint64_t limit = cgroup_number(cgroup, "pids.max", 0);
	stats->pids.limit = limit == UINT64_MAX ? 0 : limit;
	stats->all.cpu_stats = &stats->cpu;
	stats->all.memory_stats = &stats->memory;
	stats->all.pids_stats = &stats->pids;
}

Grpc__CgroupStats *jail_stats(struct jail *jail, char *error, size_t size)
{
	static struct stats stats;
	take(jail->cgroup, &stats);
	/* Out of our hands by way of the wire's form: nobody else need know what points where. */
	uint8_t *packed = malloc(grpc__cgroup_stats__get_packed_size(&stats.all));
	Grpc__CgroupStats *copy = NULL;
	if (packed)
		copy = grpc__cgroup_stats__unpack(NULL, grpc__cgroup_stats__pack(&stats.all, packed), packed);
	free(packed);
	if (!copy)
		fail(error, size, "no memory for statistics");
	return copy;
}
