/* The machine's network devices. */
#ifndef KATA_NETWORK_H
#define KATA_NETWORK_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#define LINKS_MOST 16
#define MAC_SIZE 6

struct link {
	int index;
	unsigned flags;
	uint32_t mtu;
	char name[IF_NAMESIZE];
	uint8_t mac[MAC_SIZE];
};

struct links {
	struct link list[LINKS_MOST];
	int count;
};

/* 0 or errno. */
int links_list(struct links *links);
/* NULL if there is none. */
const struct link *link_by_name(const struct links *links, const char *name);
const struct link *link_by_index(const struct links *links, int index);
/* Six pairs of digits, with colons. */
bool parse_mac(const char *text, uint8_t mac[MAC_SIZE]);

#endif
