/*
 * The pod's network, handed to the VM as Kata's "tcfilter" does: a tap beside the interface that the CNI plugins
 * made, and all that arrives at either redirected to the other. The VM has the interface's addresses.
 */
#ifndef VMM_TAP_H
#define VMM_TAP_H

#include <stddef.h>
#include <stdint.h>

/*
 * Enters the network namespace, for good: there ip-netns(8) finds a VMM. Makes the tap and joins it to the
 * interface. Returns what could not be done, with errno, or NULL.
 */
const char *tap_make(const char *netns, const char *interface);
/* From then on frames go both ways. Without a tap there is no network. */
void tap_watch(void);
/* One Ethernet frame of the VM's; it may get lost, as on any network. */
void tap_send(const uint8_t *frame, size_t length);

#endif
