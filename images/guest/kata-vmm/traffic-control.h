#ifndef VMM_TRAFFIC_CONTROL_H
#define VMM_TRAFFIC_CONTROL_H

/*
 * What comes in at the one interface leaves by the other:
 *     tc qdisc add dev FROM ingress
 *     tc filter add dev FROM parent ffff: protocol all u32 match u8 0 0 action mirred egress redirect dev TO
 * -1 and errno if the kernel will not have it.
 */
int redirect_ingress(int from, int to);

#endif
