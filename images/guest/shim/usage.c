#include "guest.h"
#include "shim.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

static unsigned long long bytes, inodes;

static int count(const char *path, const struct stat *status, int type, struct FTW *level)
{
	(void)path, (void)type, (void)level;
	bytes += (unsigned long long)status->st_blocks * 512;
	inodes++;
	return 0;
}

/* For each: bytes and inodes that it takes, then size, inodes and free inodes of its file system. */
int print_usage(char **directories)
{
	for (; *directories; directories++) {
		struct statvfs file_system;
		bytes = inodes = 0;
		/* Files come and go meanwhile; what is gone takes nothing. */
		if (nftw(*directories, count, 16, FTW_PHYS | FTW_MOUNT) < 0 && errno != ENOENT) {
			complain("cannot look through %s: %s\n", *directories, strerror(errno));
			return 1;
		}
		if (statvfs(*directories, &file_system) < 0)
			memset(&file_system, 0, sizeof(file_system));
		printf("%llu %llu %llu %llu %llu\n", bytes, inodes,
		       (unsigned long long)file_system.f_blocks * file_system.f_frsize,
		       (unsigned long long)file_system.f_files, (unsigned long long)file_system.f_ffree);
	}
	return 0;
}
