#include "guest.h"
#include "sandbox.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent.h"
#include "settings.h"

/* What is mounted, and for how many. */
struct storage {
	struct storage *next;
	char *mount_point;
	int users;
};

static struct storage *all;

static const struct {
	const char *name;
	unsigned long set, cleared;
} flags[] = {
	{ "ro", MS_RDONLY, 0 },		 { "rw", 0, MS_RDONLY },	{ "nosuid", MS_NOSUID, 0 },
	{ "suid", 0, MS_NOSUID },	 { "nodev", MS_NODEV, 0 },	{ "dev", 0, MS_NODEV },
	{ "noexec", MS_NOEXEC, 0 },	 { "exec", 0, MS_NOEXEC },	{ "sync", MS_SYNCHRONOUS, 0 },
	{ "noatime", MS_NOATIME, 0 },	 { "relatime", MS_RELATIME, 0 }, { "nodiratime", MS_NODIRATIME, 0 },
	{ "bind", MS_BIND, 0 },		 { "rbind", MS_BIND | MS_REC, 0 }, { "defaults", 0, 0 },
};

/* Splits mount(8)'s options into flags and what is the file system's own business. */
static unsigned long parse_options(char **options, size_t count, char *data, size_t size)
{
	unsigned long result = 0;
	size_t used = 0;
	data[0] = 0;
	for (size_t i = 0; i < count; i++) {
		size_t at = 0;
		while (at < sizeof(flags) / sizeof(*flags) && strcmp(flags[at].name, options[i]) != 0)
			at++;
		if (at < sizeof(flags) / sizeof(*flags)) {
			result = (result | flags[at].set) & ~flags[at].cleared;
			continue;
		}
		int length = snprintf(data + used, size - used, "%s%s", used ? "," : "", options[i]);
		if ((size_t)length >= size - used)
			break;
		used += (size_t)length;
	}
	return result;
}

/* The value of an option such as `msize=`, or NULL. */
static const char *value_of(char **options, size_t count, const char *name)
{
	size_t length = strlen(name);
	for (size_t i = 0; i < count; i++) {
		if (strncmp(options[i], name, length) == 0)
			return options[i] + length;
	}
	return NULL;
}

static void read_ahead_whole_messages(const Grpc__Storage *storage)
{
	char kibibytes[24];
	const char *size = value_of(storage->options, storage->n_options, "msize=");
	long bytes = size ? strtol(size, NULL, 10) : 0;
	/* A page less, for the message's header. */
	if (bytes < 3 * 4096)
		return;
	snprintf(kibibytes, sizeof(kibibytes), "%ld", bytes / 4096 * 4 - 4);
	set_ninep_readahead(kibibytes);
}

/* A directory of the machine's memory; `fsgid=` is the group that shall share it. */
static int own_by_group(const Grpc__Storage *storage)
{
	const char *group = value_of(storage->driver_options, storage->n_driver_options, "fsgid=");
	if (!group)
		return 0;
	struct stat status;
	if (chown(storage->mount_point, (uid_t)-1, (gid_t)strtoul(group, NULL, 10)) < 0 ||
	    stat(storage->mount_point, &status) < 0)
		return -1;
	return chmod(storage->mount_point, (status.st_mode & 07777) | S_ISGID | 0070);
}

static int mount_one(const Grpc__Storage *storage)
{
	char data[4096];
	unsigned long options = parse_options(storage->options, storage->n_options, data, sizeof(data));
	if (make_directories(storage->mount_point) < 0)
		return -1;
	if (mount(storage->source, storage->mount_point, storage->fstype, options, data) < 0)
		return -1;
	if (strcmp(storage->driver, "9p") == 0) {
		read_ahead_whole_messages(storage);
	} else if (own_by_group(storage) < 0) {
		int error = errno;
		umount2(storage->mount_point, MNT_DETACH);
		errno = error;
		return -1;
	}
	return 0;
}

static int add(const Grpc__Storage *storage, char *error, size_t size)
{
	for (struct storage *known = all; known; known = known->next) {
		if (strcmp(known->mount_point, storage->mount_point) == 0) {
			known->users++;
			return 0;
		}
	}
	if (strcmp(storage->driver, "9p") != 0 && strcmp(storage->driver, "ephemeral") != 0) {
		snprintf(error, size, "Failed to find the storage handler %s", storage->driver);
		return -1;
	}
	if (storage->mount_point[0] != '/') {
		snprintf(error, size, "the mount point %s is no path", storage->mount_point);
		return -1;
	}
	if (mount_one(storage) < 0) {
		snprintf(error, size, "cannot mount %s (%s) at %s: %s", storage->source, storage->fstype,
			 storage->mount_point, strerror(errno));
		return -1;
	}
	struct storage *made = must_allocate(sizeof(*made));
	*made = (struct storage){ .next = all, .mount_point = must_copy(storage->mount_point), .users = 1 };
	all = made;
	return 0;
}

int storages_add(Grpc__Storage **storages, size_t number, char ***mounted, size_t *count, char *error, size_t size)
{
	*mounted = must_allocate((number + 1) * sizeof(**mounted));
	*count = 0;
	for (size_t i = 0; i < number; i++) {
		if (add(storages[i], error, size) < 0)
			return -1;
		(*mounted)[(*count)++] = must_copy(storages[i]->mount_point);
	}
	return 0;
}

static void release(const char *mount_point)
{
	for (struct storage **at = &all; *at; at = &(*at)->next) {
		struct storage *storage = *at;
		if (strcmp(storage->mount_point, mount_point) != 0)
			continue;
		if (--storage->users > 0)
			return;
		if (umount2(mount_point, MNT_DETACH) == 0)
			rmdir(mount_point);
		*at = storage->next;
		free(storage->mount_point);
		free(storage);
		return;
	}
}

void storages_release(char **mounted, size_t count)
{
	while (count-- > 0) {
		release(mounted[count]);
		free(mounted[count]);
	}
	free(mounted);
}
