#include "guest.h"
#include "rtnetlink.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void netlink_begin(struct netlink_request *request, uint16_t type, uint16_t flags, const void *about, size_t size)
{
	memset(request, 0, sizeof(*request));
	request->header.nlmsg_len = (uint32_t)NLMSG_LENGTH(size);
	request->header.nlmsg_type = type;
	request->header.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	memcpy(request->body, about, size);
}

void netlink_put(struct netlink_request *request, uint16_t attribute, const void *value, size_t size)
{
	size_t at = NLMSG_ALIGN(request->header.nlmsg_len);
	struct rtattr header = { .rta_len = (uint16_t)RTA_LENGTH(size), .rta_type = attribute };
	if (at + RTA_SPACE(size) > sizeof(*request))
		return;
	memcpy((uint8_t *)request + at, &header, sizeof(header));
	memcpy((uint8_t *)request + at + RTA_LENGTH(0), value, size);
	request->header.nlmsg_len = (uint32_t)(at + RTA_LENGTH(size));
}

void netlink_put_u32(struct netlink_request *request, uint16_t attribute, uint32_t value)
{
	netlink_put(request, attribute, &value, sizeof(value));
}

/* The kernel's NLMSG_ERROR, of which 0 is success. */
static int error_of(const struct nlmsghdr *message)
{
	const struct nlmsgerr *answer = NLMSG_DATA(message);
	return -answer->error;
}

static int open_and_send(const struct netlink_request *request)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd >= 0 && send(fd, request, request->header.nlmsg_len, 0) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int netlink_tell(struct netlink_request *request)
{
	_Alignas(struct nlmsghdr) char answer[4096];
	request->header.nlmsg_flags |= NLM_F_ACK;
	int fd = open_and_send(request);
	if (fd < 0)
		return errno;
	ssize_t length = recv(fd, answer, sizeof(answer), 0);
	int error = length < 0 ? errno : EPROTO;
	const struct nlmsghdr *message = (const struct nlmsghdr *)answer;
	if (length > 0 && NLMSG_OK(message, (unsigned)length) && message->nlmsg_type == NLMSG_ERROR)
		error = error_of(message);
	close(fd);
	return error;
}

int netlink_list(uint16_t type, uint8_t family, void (*take)(const struct nlmsghdr *message, void *owner), void *owner)
{
	static _Alignas(struct nlmsghdr) char answer[32768];
	struct netlink_request request;
	/* The longest structure there is; the kernel looks at the family only. */
	struct ifinfomsg about = { .ifi_family = family };
	netlink_begin(&request, type, NLM_F_DUMP, &about, sizeof(about));
	int fd = open_and_send(&request);
	if (fd < 0)
		return errno;
	int error = -1;
	while (error < 0) {
		ssize_t length = recv(fd, answer, sizeof(answer), 0);
		if (length <= 0) {
			error = length < 0 ? errno : EPROTO;
			break;
		}
		int left = (int)length;
		const struct nlmsghdr *message = (const struct nlmsghdr *)answer;
		for (; error < 0 && NLMSG_OK(message, (unsigned)left); message = NLMSG_NEXT(message, left)) {
			if (message->nlmsg_type == NLMSG_DONE)
				error = 0;
			else if (message->nlmsg_type == NLMSG_ERROR)
				error = error_of(message);
			else
				take(message, owner);
		}
	}
	close(fd);
	return error;
}

void netlink_attributes(const struct nlmsghdr *message, size_t size, const struct rtattr **table, int most)
{
	const char *start = (const char *)message + NLMSG_SPACE(size);
	int left = (int)(message->nlmsg_len - NLMSG_SPACE(size));
	memset(table, 0, sizeof(*table) * (size_t)(most + 1));
	for (const struct rtattr *at = (const struct rtattr *)start; RTA_OK(at, left); at = RTA_NEXT(at, left)) {
		int type = at->rta_type & NLA_TYPE_MASK;
		if (type <= most)
			table[type] = at;
	}
}

uint32_t netlink_u32(const struct rtattr *attribute)
{
	uint32_t value = 0;
	if (attribute)
		memcpy(&value, RTA_DATA(attribute), sizeof(value));
	return value;
}
