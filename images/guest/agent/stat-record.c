#include "guest.h"
#include "stat-record.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "wire.h"

static void put_time(uint8_t *at, const struct timespec *time)
{
	put_u64_at(at, (uint64_t)time->tv_sec);
	put_u32_at(at + 8, (uint32_t)time->tv_nsec);
}

void put_stat_record(uint8_t *at, const struct stat *status)
{
	put_u32_at(at, status->st_mode);
	put_u32_at(at + 4, status->st_uid);
	put_u32_at(at + 8, status->st_gid);
	put_u32_at(at + 12, (uint32_t)status->st_nlink);
	put_u64_at(at + 16, status->st_ino);
	put_u64_at(at + 24, status->st_dev);
	put_u64_at(at + 32, (uint64_t)status->st_size);
	put_u64_at(at + 40, (uint64_t)status->st_blocks);
	put_u32_at(at + 48, major(status->st_rdev));
	put_u32_at(at + 52, minor(status->st_rdev));
	put_time(at + 56, &status->st_atim);
	put_time(at + 68, &status->st_mtim);
	put_time(at + 80, &status->st_ctim);
}
