/*
 * The file systems below the shared directory: overlays and bind mounts of the node. The VM sees all of them as
 * one, so inode numbers must be made different.
 */
#ifndef VMM_DEVICES_H
#define VMM_DEVICES_H

#include <stdint.h>
#include <sys/types.h>

/* A number for the inode that no inode of another file system has. */
uint64_t device_inode(dev_t device, ino_t inode);

#endif
