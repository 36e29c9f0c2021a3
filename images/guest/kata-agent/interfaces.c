/* UpdateInterface and ListInterfaces: devices and their addresses. */
#include "guest.h"
#include "network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if_arp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "call.h"
#include "rtnetlink.h"
#include "runtimes/kata/agent.pb-c.h"

#define ADDRESSES_MOST 32

/* ---- Devices ---- */

static void take_link(const struct nlmsghdr *message, void *owner)
{
	struct links *links = owner;
	const struct ifinfomsg *about = NLMSG_DATA(message);
	const struct rtattr *table[IFLA_MAX + 1];
	if (links->count == LINKS_MOST)
		return;
	netlink_attributes(message, sizeof(*about), table, IFLA_MAX);
	struct link *link = &links->list[links->count++];
	*link = (struct link){ .index = about->ifi_index, .flags = about->ifi_flags, .mtu = netlink_u32(table[IFLA_MTU]) };
	if (table[IFLA_IFNAME])
		strncpy(link->name, RTA_DATA(table[IFLA_IFNAME]), sizeof(link->name) - 1);
	if (table[IFLA_ADDRESS] && RTA_PAYLOAD(table[IFLA_ADDRESS]) == MAC_SIZE)
		memcpy(link->mac, RTA_DATA(table[IFLA_ADDRESS]), MAC_SIZE);
}

int links_list(struct links *links)
{
	links->count = 0;
	return netlink_list(RTM_GETLINK, AF_UNSPEC, take_link, links);
}

const struct link *link_by_name(const struct links *links, const char *name)
{
	for (int i = 0; i < links->count; i++) {
		if (strcmp(links->list[i].name, name) == 0)
			return &links->list[i];
	}
	return NULL;
}

const struct link *link_by_index(const struct links *links, int index)
{
	for (int i = 0; i < links->count; i++) {
		if (links->list[i].index == index)
			return &links->list[i];
	}
	return NULL;
}

bool parse_mac(const char *text, uint8_t mac[MAC_SIZE])
{
	int end = 0;
	return sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &mac[0], &mac[1], &mac[2], &mac[3], &mac[4], &mac[5],
		      &end) == MAC_SIZE &&
	       text[end] == 0;
}

/*
 * The device of that address. A clone of a template has its template's still: if there is but one NIC, that
 * is the one, and gets the address.
 */
static const struct link *find_nic(const struct links *links, const uint8_t mac[MAC_SIZE])
{
	const struct link *only = NULL;
	int count = 0;
	for (int i = 0; i < links->count; i++) {
		const struct link *link = &links->list[i];
		if (link->flags & IFF_LOOPBACK)
			continue;
		if (memcmp(link->mac, mac, MAC_SIZE) == 0)
			return link;
		only = link;
		count++;
	}
	return count == 1 ? only : NULL;
}

static int set_link(int index, unsigned flags, unsigned changed, const char *name, uint32_t mtu, const uint8_t *mac)
{
	struct netlink_request request;
	struct ifinfomsg about = { .ifi_index = index, .ifi_flags = flags, .ifi_change = changed };
	netlink_begin(&request, RTM_NEWLINK, 0, &about, sizeof(about));
	if (name)
		netlink_put(&request, IFLA_IFNAME, name, strlen(name) + 1);
	if (mtu)
		netlink_put_u32(&request, IFLA_MTU, mtu);
	if (mac)
		netlink_put(&request, IFLA_ADDRESS, mac, MAC_SIZE);
	return netlink_tell(&request);
}

/* ---- Addresses ---- */

struct address {
	int index;
	uint8_t family, prefix;
	struct in_addr ip;
};

struct addresses {
	struct address list[ADDRESSES_MOST];
	int count;
};

static void take_address(const struct nlmsghdr *message, void *owner)
{
	struct addresses *addresses = owner;
	const struct ifaddrmsg *about = NLMSG_DATA(message);
	const struct rtattr *table[IFA_MAX + 1];
	netlink_attributes(message, sizeof(*about), table, IFA_MAX);
	const struct rtattr *ip = table[IFA_LOCAL] ? table[IFA_LOCAL] : table[IFA_ADDRESS];
	if (addresses->count == ADDRESSES_MOST || !ip || RTA_PAYLOAD(ip) != sizeof(struct in_addr))
		return;
	struct address *address = &addresses->list[addresses->count++];
	*address = (struct address){ .index = (int)about->ifa_index,
				     .family = about->ifa_family,
				     .prefix = about->ifa_prefixlen };
	memcpy(&address->ip, RTA_DATA(ip), sizeof(address->ip));
}

static int change_address(uint16_t type, const struct address *address)
{
	struct netlink_request request;
	struct ifaddrmsg about = { .ifa_family = AF_INET,
				   .ifa_prefixlen = address->prefix,
				   .ifa_index = (uint32_t)address->index };
	netlink_begin(&request, type, type == RTM_NEWADDR ? NLM_F_CREATE | NLM_F_REPLACE : 0, &about, sizeof(about));
	netlink_put(&request, IFA_LOCAL, &address->ip, sizeof(address->ip));
	netlink_put(&request, IFA_ADDRESS, &address->ip, sizeof(address->ip));
	if (type == RTM_NEWADDR && address->prefix < 31) {
		struct in_addr broadcast = { address->ip.s_addr | htonl(~0U >> address->prefix) };
		netlink_put(&request, IFA_BROADCAST, &broadcast, sizeof(broadcast));
	}
	return netlink_tell(&request);
}

static int remove_addresses(int index)
{
	struct addresses addresses = { .count = 0 };
	int error = netlink_list(RTM_GETADDR, AF_INET, take_address, &addresses);
	for (int i = 0; !error && i < addresses.count; i++) {
		if (addresses.list[i].index == index)
			error = change_address(RTM_DELADDR, &addresses.list[i]);
	}
	return error;
}

static int add_address(int index, const Types__IPAddress *given)
{
	struct address address = { .index = index };
	char *end;
	unsigned long prefix = strtoul(given->mask, &end, 10);
	if (given->family != TYPES__IPFAMILY__v4)
		return EAFNOSUPPORT;
	if (inet_pton(AF_INET, given->address, &address.ip) != 1 || *end || end == given->mask || prefix > 32)
		return EINVAL;
	address.prefix = (uint8_t)prefix;
	return change_address(RTM_NEWADDR, &address);
}

/* ---- Calls ---- */

/* In upstream's order: down, without addresses, the new ones, then named and up. 0 or errno, and at what. */
static int update(const Types__Interface *interface, const struct link *link, const uint8_t mac[MAC_SIZE],
		  const char **step)
{
	*step = "take it down";
	int error = set_link(link->index, 0, IFF_UP, NULL, 0, NULL);
	*step = "remove its addresses";
	if (!error)
		error = remove_addresses(link->index);
	if (!error && memcmp(link->mac, mac, MAC_SIZE) != 0) {
		*step = "set its hardware address";
		error = set_link(link->index, 0, 0, NULL, 0, mac);
	}
	for (size_t i = 0; !error && i < interface->n_ipaddresses; i++) {
		*step = "add an address";
		error = add_address(link->index, interface->ipaddresses[i]);
	}
	if (error)
		return error;
	*step = "set its name and MTU and bring it up";
	unsigned arp = interface->raw_flags & IFF_NOARP;
	const char *name = strcmp(link->name, interface->name) != 0 && interface->name[0] ? interface->name : NULL;
	return set_link(link->index, IFF_UP | arp, IFF_UP | IFF_NOARP, name, (uint32_t)interface->mtu, NULL);
}

void update_interface(struct call *call)
{
	const Grpc__UpdateInterfaceRequest *request = (const Grpc__UpdateInterfaceRequest *)call->request;
	struct links links;
	uint8_t mac[MAC_SIZE];
	const char *step = "list the devices";
	if (!request->interface) {
		call_fail(call, TTRPC_INVALID_ARGUMENT, "empty update interface request");
		return;
	}
	if (!parse_mac(request->interface->hwaddr, mac)) {
		call_fail(call, TTRPC_INTERNAL, "update interface: \"%s\" is no hardware address",
			  request->interface->hwaddr);
		return;
	}
	int error = links_list(&links);
	const struct link *link = error ? NULL : find_nic(&links, mac);
	if (!error && !link) {
		call_fail(call, TTRPC_INTERNAL, "update interface: Link not found (Address: %s)",
			  request->interface->hwaddr);
		return;
	}
	if (!error)
		error = update(request->interface, link, mac, &step);
	if (error)
		call_fail(call, TTRPC_INTERNAL, "update interface: cannot %s: %s", step, strerror(error));
	else
		call_reply(call, &request->interface->base);
}

struct listed {
	Types__Interface interface;
	Types__IPAddress addresses[ADDRESSES_MOST];
	Types__IPAddress *pointers[ADDRESSES_MOST];
	char texts[ADDRESSES_MOST][INET_ADDRSTRLEN], masks[ADDRESSES_MOST][8], mac[3 * MAC_SIZE];
};

static void describe(struct listed *listed, const struct link *link, const struct addresses *addresses)
{
	const uint8_t *mac = link->mac;
	types__interface__init(&listed->interface);
	snprintf(listed->mac, sizeof(listed->mac), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
		 mac[5]);
	listed->interface.name = (char *)(uintptr_t)link->name;
	listed->interface.hwaddr = listed->mac;
	listed->interface.mtu = link->mtu;
	listed->interface.raw_flags = link->flags;
	listed->interface.ipaddresses = listed->pointers;
	for (int i = 0; i < addresses->count; i++) {
		const struct address *address = &addresses->list[i];
		if (address->index != link->index)
			continue;
		size_t at = listed->interface.n_ipaddresses++;
		types__ipaddress__init(&listed->addresses[at]);
		inet_ntop(AF_INET, &address->ip, listed->texts[at], sizeof(listed->texts[at]));
		snprintf(listed->masks[at], sizeof(listed->masks[at]), "%u", address->prefix);
		listed->addresses[at].address = listed->texts[at];
		listed->addresses[at].mask = listed->masks[at];
		listed->pointers[at] = &listed->addresses[at];
	}
}

void list_interfaces(struct call *call)
{
	struct links links;
	struct addresses addresses = { .count = 0 };
	Types__Interface *pointers[LINKS_MOST];
	int error = links_list(&links);
	if (!error)
		error = netlink_list(RTM_GETADDR, AF_INET, take_address, &addresses);
	if (error) {
		call_fail(call, TTRPC_INTERNAL, "Failed to list interfaces: %s", strerror(error));
		return;
	}
	Grpc__Interfaces response = GRPC__INTERFACES__INIT;
	struct listed *listed = must_allocate(sizeof(*listed) * LINKS_MOST);
	for (int i = 0; i < links.count; i++) {
		describe(&listed[i], &links.list[i], &addresses);
		pointers[i] = &listed[i].interface;
	}
	response.n_interfaces = (size_t)links.count;
	response.interfaces = pointers;
	call_reply(call, &response.base);
	free(listed);
}
