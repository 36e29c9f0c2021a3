/* StatsContainer: the cgroup's figures, and the machine's network, which is the pod's. */
#include "guest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "call.h"
#include "containers.h"
#include "runtimes/kata/agent.pb-c.h"

#define INTERFACES_MOST 16

/* A line of /proc/net/dev: the name, eight numbers of what came in, eight of what went out. See proc(5). */
static bool parse(const char *line, Grpc__NetworkStats *stats, char name[32])
{
	unsigned long long in[4], out[4];
	if (sscanf(line, " %31[^:]: %llu %llu %llu %llu %*u %*u %*u %*u %llu %llu %llu %llu", name, &in[0], &in[1], &in[2],
		   &in[3], &out[0], &out[1], &out[2], &out[3]) != 9)
		return false;
	grpc__network_stats__init(stats);
	stats->name = name;
	stats->rx_bytes = in[0];
	stats->rx_packets = in[1];
	stats->rx_errors = in[2];
	stats->rx_dropped = in[3];
	stats->tx_bytes = out[0];
	stats->tx_packets = out[1];
	stats->tx_errors = out[2];
	stats->tx_dropped = out[3];
	return true;
}

void stats_container(struct call *call)
{
	const Grpc__StatsContainerRequest *request = (const Grpc__StatsContainerRequest *)call->request;
	struct container *container = container_find(request->container_id);
	char error[ERROR_MAX], line[512], names[INTERFACES_MOST][32];
	Grpc__NetworkStats stats[INTERFACES_MOST], *list[INTERFACES_MOST];
	if (!container) {
		call_fail(call, TTRPC_INVALID_ARGUMENT, "Invalid container id");
		return;
	}
	Grpc__StatsContainerResponse response = GRPC__STATS_CONTAINER_RESPONSE__INIT;
	response.cgroup_stats = jail_stats(container->jail, error, sizeof(error));
	if (!response.cgroup_stats) {
		call_fail(call, TTRPC_INTERNAL, "%s", error);
		return;
	}
	FILE *file = fopen("/proc/net/dev", "re");
	while (file && response.n_network_stats < INTERFACES_MOST && fgets(line, sizeof(line), file)) {
		size_t at = response.n_network_stats;
		if (!parse(line, &stats[at], names[at]))
			continue;
		list[at] = &stats[at];
		response.n_network_stats++;
	}
	if (file)
		fclose(file);
	response.network_stats = list;
	call_reply(call, &response.base);
	grpc__cgroup_stats__free_unpacked(response.cgroup_stats, NULL);
}
