/* Questions and orders to the kernel's network. See rtnetlink(7). */
#ifndef KATA_RTNETLINK_H
#define KATA_RTNETLINK_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>

struct netlink_request {
	struct nlmsghdr header;
	uint8_t body[512];
};

/* `about` is what follows the header: ifinfomsg, ifaddrmsg, rtmsg, ndmsg. */
void netlink_begin(struct netlink_request *request, uint16_t type, uint16_t flags, const void *about, size_t size);
void netlink_put(struct netlink_request *request, uint16_t attribute, const void *value, size_t size);
void netlink_put_u32(struct netlink_request *request, uint16_t attribute, uint32_t value);
/* Sends it and waits for the kernel's word, which comes at once. 0 or errno. */
int netlink_tell(struct netlink_request *request);
/* Calls `take` for each object of that kind (RTM_GETLINK, …) of the family. 0 or errno. */
int netlink_list(uint16_t type, uint8_t family, void (*take)(const struct nlmsghdr *message, void *owner), void *owner);
/* The attributes behind a structure of that size, by their number up to `most`; others NULL. */
void netlink_attributes(const struct nlmsghdr *message, size_t size, const struct rtattr **table, int most);
uint32_t netlink_u32(const struct rtattr *attribute);

#endif
