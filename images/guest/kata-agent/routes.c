/* UpdateRoutes, ListRoutes and AddARPNeighbors. */
#include "guest.h"
#include "network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "call.h"
#include "rtnetlink.h"
#include "runtimes/kata/agent.pb-c.h"

#define ROUTES_MOST 64

struct route {
	struct rtmsg about;
	struct in_addr destination, gateway, source;
	int device;
	uint32_t priority;
};

struct route_list {
	struct route list[ROUTES_MOST];
	int count;
};

static void take_ip(struct in_addr *ip, const struct rtattr *attribute)
{
	if (attribute && RTA_PAYLOAD(attribute) == sizeof(*ip))
		memcpy(ip, RTA_DATA(attribute), sizeof(*ip));
}

static void take_route(const struct nlmsghdr *message, void *owner)
{
	struct route_list *routes = owner;
	const struct rtmsg *about = NLMSG_DATA(message);
	const struct rtattr *table[RTA_MAX + 1];
	if (about->rtm_table != RT_TABLE_MAIN || routes->count == ROUTES_MOST)
		return;
	netlink_attributes(message, sizeof(*about), table, RTA_MAX);
	struct route *route = &routes->list[routes->count++];
	*route = (struct route){ .about = *about,
				 .device = (int)netlink_u32(table[RTA_OIF]),
				 .priority = netlink_u32(table[RTA_PRIORITY]) };
	take_ip(&route->destination, table[RTA_DST]);
	take_ip(&route->gateway, table[RTA_GATEWAY]);
	take_ip(&route->source, table[RTA_PREFSRC]);
}

static int change_route(uint16_t type, const struct route *route)
{
	struct netlink_request request;
	netlink_begin(&request, type, type == RTM_NEWROUTE ? NLM_F_CREATE | NLM_F_EXCL : 0, &route->about,
		      sizeof(route->about));
	if (route->about.rtm_dst_len > 0)
		netlink_put(&request, RTA_DST, &route->destination, sizeof(route->destination));
	if (route->gateway.s_addr)
		netlink_put(&request, RTA_GATEWAY, &route->gateway, sizeof(route->gateway));
	if (route->source.s_addr)
		netlink_put(&request, RTA_PREFSRC, &route->source, sizeof(route->source));
	if (route->device)
		netlink_put_u32(&request, RTA_OIF, (uint32_t)route->device);
	if (route->priority)
		netlink_put_u32(&request, RTA_PRIORITY, route->priority);
	return netlink_tell(&request);
}

/* All that were set before; those of the devices' addresses are the kernel's. */
static int remove_routes(void)
{
	static struct route_list routes;
	routes.count = 0;
	int error = netlink_list(RTM_GETROUTE, AF_INET, take_route, &routes);
	for (int i = 0; !error && i < routes.count; i++) {
		if (routes.list[i].about.rtm_protocol != RTPROT_KERNEL)
			error = change_route(RTM_DELROUTE, &routes.list[i]);
	}
	return error;
}

/* CIDR notation, or an address alone; empty for everything. 0 or errno. */
static int parse_destination(const char *text, struct route *route)
{
	char address[INET_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	size_t length = slash ? (size_t)(slash - text) : strlen(text);
	if (length == 0)
		return slash ? EINVAL : 0;
	if (length >= sizeof(address))
		return EINVAL;
	memcpy(address, text, length);
	address[length] = 0;
	unsigned long prefix = slash ? strtoul(slash + 1, NULL, 10) : 32;
	if (inet_pton(AF_INET, address, &route->destination) != 1 || prefix > 32)
		return EINVAL;
	/* As upstream lists a default route. */
	if (!slash && route->destination.s_addr == 0)
		prefix = 0;
	route->about.rtm_dst_len = (uint8_t)prefix;
	return 0;
}

static int add_route(const Types__Route *given, const struct links *links)
{
	struct route route = { .about = { .rtm_family = AF_INET,
					  .rtm_table = RT_TABLE_MAIN,
					  .rtm_protocol = RTPROT_BOOT,
					  .rtm_scope = (uint8_t)given->scope,
					  .rtm_type = RTN_UNICAST } };
	const struct link *link = link_by_name(links, given->device);
	if (given->family != TYPES__IPFAMILY__v4)
		return EAFNOSUPPORT;
	if (!link)
		return ENODEV;
	route.device = link->index;
	int error = parse_destination(given->dest, &route);
	if (!error && given->gateway[0] && inet_pton(AF_INET, given->gateway, &route.gateway) != 1)
		error = EINVAL;
	if (!error && given->source[0] && inet_pton(AF_INET, given->source, &route.source) != 1)
		error = EINVAL;
	if (!error)
		error = change_route(RTM_NEWROUTE, &route);
	return error == EEXIST ? 0 : error;
}

static void reply_with_routes(struct call *call)
{
	static struct route_list routes;
	static struct {
		Types__Route route;
		char dest[INET_ADDRSTRLEN + 4], gateway[INET_ADDRSTRLEN], source[INET_ADDRSTRLEN];
	} listed[ROUTES_MOST];
	static Types__Route *pointers[ROUTES_MOST];
	struct links links;
	int error = links_list(&links);
	routes.count = 0;
	if (!error)
		error = netlink_list(RTM_GETROUTE, AF_INET, take_route, &routes);
	if (error) {
		call_fail(call, TTRPC_INTERNAL, "list routes: %s", strerror(error));
		return;
	}
	for (int i = 0; i < routes.count; i++) {
		const struct route *route = &routes.list[i];
		const struct link *link = link_by_index(&links, route->device);
		char address[INET_ADDRSTRLEN];
		types__route__init(&listed[i].route);
		inet_ntop(AF_INET, &route->destination, address, sizeof(address));
		/* A default route has no length of its prefix, as upstream lists it. */
		if (route->about.rtm_dst_len)
			snprintf(listed[i].dest, sizeof(listed[i].dest), "%s/%u", address, route->about.rtm_dst_len);
		else
			snprintf(listed[i].dest, sizeof(listed[i].dest), "%s", address);
		listed[i].route.dest = listed[i].dest;
		if (route->gateway.s_addr)
			listed[i].route.gateway = (char *)(uintptr_t)inet_ntop(AF_INET, &route->gateway, listed[i].gateway,
									       sizeof(listed[i].gateway));
		if (route->source.s_addr)
			listed[i].route.source = (char *)(uintptr_t)inet_ntop(AF_INET, &route->source, listed[i].source,
									      sizeof(listed[i].source));
		if (link)
			listed[i].route.device = (char *)(uintptr_t)link->name;
		listed[i].route.scope = route->about.rtm_scope;
		pointers[i] = &listed[i].route;
	}
	Grpc__Routes response = GRPC__ROUTES__INIT;
	response.n_routes = (size_t)routes.count;
	response.routes = pointers;
	call_reply(call, &response.base);
}

void list_routes(struct call *call)
{
	reply_with_routes(call);
}

void update_routes(struct call *call)
{
	const Grpc__UpdateRoutesRequest *request = (const Grpc__UpdateRoutesRequest *)call->request;
	struct links links;
	if (!request->routes) {
		call_fail(call, TTRPC_INVALID_ARGUMENT, "empty update routes request");
		return;
	}
	int error = links_list(&links);
	if (!error)
		error = remove_routes();
	if (error) {
		call_fail(call, TTRPC_INTERNAL, "Failed to update routes: %s", strerror(error));
		return;
	}
	/* A gateway must be reachable when a route by it is added: those without one come first. */
	for (int gateways = 0; gateways < 2; gateways++) {
		for (size_t i = 0; i < request->routes->n_routes; i++) {
			const Types__Route *route = request->routes->routes[i];
			if ((route->gateway[0] != 0) != gateways)
				continue;
			error = add_route(route, &links);
			if (!error)
				continue;
			call_fail(call, TTRPC_INTERNAL,
				  "Failed to update routes: cannot add %s by \"%s\" on \"%s\": %s",
				  route->dest[0] ? route->dest : "the default route", route->gateway, route->device,
				  strerror(error));
			return;
		}
	}
	reply_with_routes(call);
}

static int add_neighbor(const Types__ARPNeighbor *given, const struct links *links)
{
	struct netlink_request request;
	uint8_t mac[MAC_SIZE];
	struct in_addr ip;
	const struct link *link = link_by_name(links, given->device);
	struct ndmsg about = { .ndm_family = AF_INET,
			       .ndm_state = given->state ? (uint16_t)given->state : NUD_PERMANENT,
			       .ndm_flags = (uint8_t)given->flags };
	if (!link)
		return ENODEV;
	if (!given->toipaddress || inet_pton(AF_INET, given->toipaddress->address, &ip) != 1)
		return EINVAL;
	about.ndm_ifindex = link->index;
	netlink_begin(&request, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, &about, sizeof(about));
	netlink_put(&request, NDA_DST, &ip, sizeof(ip));
	if (given->lladdr[0]) {
		if (!parse_mac(given->lladdr, mac))
			return EINVAL;
		netlink_put(&request, NDA_LLADDR, mac, sizeof(mac));
	}
	return netlink_tell(&request);
}

void add_arp_neighbors(struct call *call)
{
	const Grpc__AddARPNeighborsRequest *request = (const Grpc__AddARPNeighborsRequest *)call->request;
	struct links links;
	if (!request->neighbors) {
		call_fail(call, TTRPC_INVALID_ARGUMENT, "empty add arp neighbours request");
		return;
	}
	int error = links_list(&links);
	for (size_t i = 0; !error && i < request->neighbors->n_arpneighbors; i++)
		error = add_neighbor(request->neighbors->arpneighbors[i], &links);
	if (error)
		call_fail(call, TTRPC_INTERNAL, "Failed to add ARP neighbours: %s", strerror(error));
	else
		call_done(call);
}
