#include "guest.h"
#include "devices.h"

#include <pthread.h>

/* More file systems than this in one pod share their numbers. */
#define DEVICES_MAX 256

static dev_t devices[DEVICES_MAX];
static unsigned device_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static unsigned index_of(dev_t device)
{
	unsigned index = 0;
	pthread_mutex_lock(&lock);
	while (index < device_count && devices[index] != device)
		index++;
	if (index == device_count && device_count < DEVICES_MAX)
		devices[device_count++] = device;
	pthread_mutex_unlock(&lock);
	return index % DEVICES_MAX;
}

/*
 * Where inodes are of 32 bits, a 9P client of Linux folds the number's halves into one by exclusive or
 * (QID2INO in fs/9p/v9fs_vfs.h): of memory's file systems, which count from 1, 16 million stay apart.
 */
uint64_t device_inode(dev_t device, ino_t inode)
{
	return (uint64_t)inode ^ (uint64_t)index_of(device) << 56;
}
