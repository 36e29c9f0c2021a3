#include "guest.h"
#include "remove.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Bind mounts have the device number of what they show; only the kernel knows where one starts. */
static int open_same_mount(int directory, const char *name)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_NO_XDEV,
	};
	return (int)syscall(SYS_openat2, directory, name, &how, sizeof(how));
}

static int remove_entries(DIR *entries)
{
	/* Again from the start until nothing is left: removing may upset the order of reading. */
	for (bool removed = true; removed;) {
		removed = false;
		rewinddir(entries);
		for (struct dirent *entry; (entry = readdir(entries));) {
			if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
				continue;
			int error = remove_tree(dirfd(entries), entry->d_name);
			if (error)
				return error;
			removed = true;
		}
	}
	return 0;
}

int remove_tree(int directory, const char *name)
{
	if (unlinkat(directory, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR)
		return errno;
	if (unlinkat(directory, name, AT_REMOVEDIR) == 0)
		return 0;
	if (errno != ENOTEMPTY && errno != EEXIST)
		return errno;
	int fd = open_same_mount(directory, name);
	if (fd < 0)
		return errno;
	DIR *entries = fdopendir(fd);
	if (!entries) {
		close(fd);
		return ENOMEM;
	}
	int error = remove_entries(entries);
	closedir(entries);
	if (!error && unlinkat(directory, name, AT_REMOVEDIR) < 0)
		error = errno;
	return error;
}
