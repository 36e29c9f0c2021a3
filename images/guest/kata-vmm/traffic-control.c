#include "guest.h"
#include "traffic-control.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_mirred.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The ingress qdisc has this handle wherever it is. */
#define INGRESS_HANDLE TC_H_MAKE(0xffff0000, 0)

/* A message of rtnetlink(7), about traffic control. */
struct request {
	struct nlmsghdr header;
	struct tcmsg tc;
	uint8_t attributes[512];
};

static void begin(struct request *request, uint16_t type, int interface)
{
	*request = (struct request){
		.header = { .nlmsg_len = NLMSG_LENGTH(sizeof(request->tc)),
			    .nlmsg_type = type,
			    .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL },
		.tc = { .tcm_family = AF_UNSPEC, .tcm_ifindex = interface },
	};
}

static struct rtattr *put(struct request *request, unsigned short type, const void *data, size_t length)
{
	struct rtattr *attribute = (void *)((uint8_t *)request + NLMSG_ALIGN(request->header.nlmsg_len));
	attribute->rta_type = type;
	attribute->rta_len = (unsigned short)RTA_LENGTH(length);
	if (length > 0)
		memcpy(RTA_DATA(attribute), data, length);
	request->header.nlmsg_len = NLMSG_ALIGN(request->header.nlmsg_len) + RTA_ALIGN(attribute->rta_len);
	return attribute;
}

/* One that holds all that follows, until `close_nest`. */
static struct rtattr *open_nest(struct request *request, unsigned short type)
{
	return put(request, type, NULL, 0);
}

static void close_nest(struct request *request, struct rtattr *nest)
{
	nest->rta_len = (unsigned short)((uint8_t *)request + request->header.nlmsg_len - (uint8_t *)nest);
}

/* Sends it and reads what the kernel says: 0, or -1 and errno. */
static int ask(int netlink, const struct request *request)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		uint8_t rest[1024];
	} answer;
	if (send(netlink, request, request->header.nlmsg_len, 0) < 0)
		return -1;
	ssize_t count = recv(netlink, &answer, sizeof(answer), 0);
	if (count < 0)
		return -1;
	errno = EPROTO;
	if ((size_t)count < sizeof(answer.header) + sizeof(answer.error) ||
	    answer.header.nlmsg_type != NLMSG_ERROR)
		return -1;
	errno = -answer.error.error;
	return answer.error.error ? -1 : 0;
}

static int add_ingress(int netlink, int interface)
{
	struct request request;
	begin(&request, RTM_NEWQDISC, interface);
	request.tc.tcm_parent = TC_H_INGRESS;
	request.tc.tcm_handle = INGRESS_HANDLE;
	put(&request, TCA_KIND, "ingress", sizeof("ingress"));
	return ask(netlink, &request);
}

static void put_redirect(struct request *request, int to)
{
	struct tc_mirred mirred = { .action = TC_ACT_STOLEN, .eaction = TCA_EGRESS_REDIR, .ifindex = (uint32_t)to };
	struct rtattr *actions = open_nest(request, TCA_U32_ACT);
	struct rtattr *first = open_nest(request, 1);
	put(request, TCA_ACT_KIND, "mirred", sizeof("mirred"));
	struct rtattr *options = open_nest(request, TCA_ACT_OPTIONS);
	put(request, TCA_MIRRED_PARMS, &mirred, sizeof(mirred));
	close_nest(request, options);
	close_nest(request, first);
	close_nest(request, actions);
}

static int add_filter(int netlink, int from, int to)
{
	struct request request;
	struct {
		struct tc_u32_sel selector;
		struct tc_u32_key key; /* of no bits: all match */
	} match = { .selector = { .flags = TC_U32_TERMINAL, .nkeys = 1 } };
	begin(&request, RTM_NEWTFILTER, from);
	request.tc.tcm_parent = INGRESS_HANDLE;
	request.tc.tcm_info = TC_H_MAKE(0, htons(ETH_P_ALL));
	put(&request, TCA_KIND, "u32", sizeof("u32"));
	struct rtattr *options = open_nest(&request, TCA_OPTIONS);
	put(&request, TCA_U32_SEL, &match, sizeof(match));
	put_redirect(&request, to);
	close_nest(&request, options);
	return ask(netlink, &request);
}

int redirect_ingress(int from, int to)
{
	int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (netlink < 0)
		return -1;
	int result = add_ingress(netlink, from) < 0 ? -1 : add_filter(netlink, from, to);
	int error = errno;
	close(netlink);
	errno = error;
	return result;
}
