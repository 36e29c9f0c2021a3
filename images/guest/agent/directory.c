/* Listing a directory: a record for each entry, with what stat(2) says of it. */
#include "guest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "channel.h"
#include "kinds.h"
#include "loop.h"
#include "place.h"
#include "protocol.h"
#include "stat-record.h"
#include "wire.h"

/* A record with the longest name. */
#define RECORD_SIZE_MAX (STAT_RECORD_SIZE + 4 + NAME_MAX + 1)

struct listing {
	struct channel channel;
	struct source turn; /* never ready for epoll, which knows no directories: it takes its turn */
	DIR *entries;
	uint32_t credit;
};

static void listing_release(struct channel *channel, bool kill)
{
	struct listing *listing = (struct listing *)channel;
	(void)kill;
	loop_watch(&listing->turn, 0);
	closedir(listing->entries);
	free(listing);
}

static size_t put_entry(uint8_t *at, int directory, const char *name)
{
	struct stat status;
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return 0;
	/* Gone since it was listed: then it is no entry. */
	if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	size_t length = strlen(name);
	put_stat_record(at, &status);
	put_u32_at(at + STAT_RECORD_SIZE, (uint32_t)length);
	memcpy(at + STAT_RECORD_SIZE + 4, name, length + 1);
	return STAT_RECORD_SIZE + 4 + length + 1;
}

/* One frame of records. */
static void listing_ready(struct source *source, uint32_t events)
{
	(void)events;
	struct listing *listing = source->owner;
	size_t room, used = 0;
	uint8_t *space = frame_space(&room);
	struct dirent *entry = NULL;
	if (room > listing->credit)
		room = listing->credit;
	errno = 0;
	while (room - used >= RECORD_SIZE_MAX && (entry = readdir(listing->entries)))
		used += put_entry(space + used, dirfd(listing->entries), entry->d_name);
	int error = errno;
	listing->credit -= (uint32_t)used;
	if (used > 0)
		frame_commit(FRAME_DATA, 0, listing->channel.id, used);
	if (!entry && room - used >= RECORD_SIZE_MAX) {
		frame_begin(FRAME_END, 0, listing->channel.id);
		put_u32((uint32_t)error);
		frame_end();
		loop_watch(source, 0);
	} else if (listing->credit < RECORD_SIZE_MAX) {
		loop_watch(source, 0);
	}
}

static void listing_credit(struct channel *channel, uint8_t stream, uint32_t count)
{
	struct listing *listing = (struct listing *)channel;
	(void)stream;
	listing->credit += count;
	if (listing->credit >= RECORD_SIZE_MAX)
		loop_watch(&listing->turn, EPOLLIN);
}

static const struct channel_kind listing_kind = {
	.credit = listing_credit,
	.release = listing_release,
};

void list_directory_open(uint32_t id, struct reader *reader)
{
	pid_t root_of = (pid_t)take_u32(reader);
	const char *path = take_string(reader);
	if (!taken_whole(reader))
		return;
	int fd = open_as(root_of, path, O_RDONLY | O_DIRECTORY, 0);
	DIR *entries = fd < 0 ? NULL : fdopendir(fd);
	struct listing *listing = entries ? calloc(1, sizeof(*listing)) : NULL;
	if (!listing) {
		int error = fd < 0 ? -fd : entries ? ENOMEM : errno;
		if (entries)
			closedir(entries);
		else if (fd >= 0)
			close(fd);
		reply_error(id, error, "");
		return;
	}
	listing->entries = entries;
	listing->turn = (struct source){ .fd = fd, .ready = listing_ready, .owner = listing };
	channel_add(&listing->channel, id, &listing_kind);
	reply_begin(id);
	frame_end();
}
