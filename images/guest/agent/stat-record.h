/* What stat(2) says of a file, as the host gets it. See src/guest/file-status.ts. */
#ifndef AGENT_STAT_RECORD_H
#define AGENT_STAT_RECORD_H

#include <stdint.h>

struct stat;

/*
 * u32 mode, u32 uid, u32 gid, u32 links, u64 inode, u64 device, u64 size, u64 blocks of 512 bytes,
 * u32 device number's major, u32 minor, then access, modification and change time, each as
 * u64 seconds and u32 nanoseconds.
 */
#define STAT_RECORD_SIZE (4 * 4 + 4 * 8 + 2 * 4 + 3 * 12)

void put_stat_record(uint8_t *at, const struct stat *status);

#endif
