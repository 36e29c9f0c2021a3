#ifndef VMM_MOUNT_NUMBER_H
#define VMM_MOUNT_NUMBER_H

#include <stdint.h>

/* Of the mount that a file was opened on: the first field of proc_pid_mountinfo(5). -1 and errno on failure. */
int mount_number(int file, uint64_t *number);

#endif
