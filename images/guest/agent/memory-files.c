#include "guest.h"
#include "memory-files.h"

#include <linux/magic.h>
#include <sys/vfs.h>

bool lies_in_memory(int fd)
{
	struct statfs where;
	if (fstatfs(fd, &where) < 0)
		return false;
	switch ((unsigned)where.f_type) {
	case TMPFS_MAGIC:
	case RAMFS_MAGIC:
	case SYSFS_MAGIC:
	case CGROUP2_SUPER_MAGIC:
		return true;
	}
	return false;
}
