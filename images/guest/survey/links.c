/* Network devices and their addresses: rtnetlink(7). */
#include "survey.h"

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static unsigned long long now_in;

static uint32_t number(const struct rtattr *attribute)
{
	uint32_t value = 0;
	if (attribute)
		memcpy(&value, RTA_DATA(attribute), sizeof(value));
	return value;
}

static void index_attributes(struct rtattr *at, int length, const struct rtattr **table, int most)
{
	for (; RTA_OK(at, length); at = RTA_NEXT(at, length)) {
		int type = at->rta_type & NLA_TYPE_MASK;
		if (type <= most)
			table[type] = at;
	}
}

static void put_link(struct nlmsghdr *message)
{
	struct ifinfomsg *about = NLMSG_DATA(message);
	const struct rtattr *table[IFLA_MAX + 1] = { 0 }, *kind[IFLA_INFO_MAX + 1] = { 0 };
	index_attributes(IFLA_RTA(about), (int)IFLA_PAYLOAD(message), table, IFLA_MAX);
	if (table[IFLA_LINKINFO])
		index_attributes(RTA_DATA(table[IFLA_LINKINFO]), (int)RTA_PAYLOAD(table[IFLA_LINKINFO]), kind,
				 IFLA_INFO_MAX);
	const char *name = table[IFLA_IFNAME] ? RTA_DATA(table[IFLA_IFNAME]) : "";
	printf("link\t%llu\t%d\t%u\t%u\t%s\t%s\t", now_in, about->ifi_index, number(table[IFLA_LINK]),
	       number(table[IFLA_MASTER]), about->ifi_flags & 1 ? "up" : "down",
	       kind[IFLA_INFO_KIND] ? (const char *)RTA_DATA(kind[IFLA_INFO_KIND]) : "-");
	put_text(name, strlen(name));
	putchar('\t');
	const struct rtattr *hardware = table[IFLA_ADDRESS];
	const uint8_t *byte = hardware ? RTA_DATA(hardware) : NULL;
	for (size_t i = 0; hardware && i < RTA_PAYLOAD(hardware); i++)
		printf("%s%02x", i > 0 ? ":" : "", byte[i]);
	struct rtnl_link_stats64 counts = { 0 };
	if (table[IFLA_STATS64])
		memcpy(&counts, RTA_DATA(table[IFLA_STATS64]), sizeof(counts));
	printf("\t%llu\t%llu\n", (unsigned long long)counts.rx_bytes, (unsigned long long)counts.tx_bytes);
}

static void put_address(struct nlmsghdr *message)
{
	struct ifaddrmsg *about = NLMSG_DATA(message);
	const struct rtattr *table[IFA_MAX + 1] = { 0 };
	index_attributes(IFA_RTA(about), (int)IFA_PAYLOAD(message), table, IFA_MAX);
	const struct rtattr *address = table[IFA_LOCAL] ? table[IFA_LOCAL] : table[IFA_ADDRESS];
	char text[INET6_ADDRSTRLEN];
	if (address && inet_ntop(about->ifa_family, RTA_DATA(address), text, sizeof(text)))
		printf("address\t%llu\t%u\t%s/%d\n", now_in, about->ifa_index, text, about->ifa_prefixlen);
}

static void dump(int netlink, uint16_t type, void (*put)(struct nlmsghdr *))
{
	struct {
		struct nlmsghdr header;
		struct rtgenmsg family;
	} request = {
		.header = { .nlmsg_len = sizeof(request),
			    .nlmsg_type = type,
			    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.family = { .rtgen_family = AF_UNSPEC },
	};
	if (send(netlink, &request, sizeof(request), 0) < 0)
		return;
	static char answer[32768] __attribute__((aligned(NLMSG_ALIGNTO)));
	for (;;) {
		ssize_t length = recv(netlink, answer, sizeof(answer), 0);
		if (length <= 0)
			return;
		int left = (int)length;
		struct nlmsghdr *message = (struct nlmsghdr *)answer;
		for (; NLMSG_OK(message, (unsigned)left); message = NLMSG_NEXT(message, left)) {
			if (message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR)
				return;
			put(message);
		}
	}
}

void survey_links(unsigned long long namespace)
{
	int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (netlink < 0)
		return;
	now_in = namespace;
	dump(netlink, RTM_GETLINK, put_link);
	dump(netlink, RTM_GETADDR, put_address);
	close(netlink);
}
