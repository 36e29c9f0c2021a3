#include "guest.h"
#include "vport.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define PORTS "/sys/class/virtio-ports"

/* The number in /dev/vportNpM depends on the order of devices; the name does not. */
static bool find_port(const char *wanted, char *path, size_t size)
{
	bool found = false;
	DIR *ports = opendir(PORTS);
	for (struct dirent *entry; ports && !found && (entry = readdir(ports));) {
		char name_path[320], name[32] = "";
		snprintf(name_path, sizeof(name_path), PORTS "/%s/name", entry->d_name);
		int fd = open(name_path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		ssize_t length = read(fd, name, sizeof(name) - 1);
		close(fd);
		name[length > 0 ? strcspn(name, "\n") : 0] = 0;
		found = strcmp(name, wanted) == 0;
		snprintf(path, size, "/dev/%s", entry->d_name);
	}
	if (ports)
		closedir(ports);
	struct stat status;
	return found && stat(path, &status) == 0;
}

/* The driver adds ports as the device names them, which may come after us. */
int vport_path(const char *name, char *path, size_t size)
{
	char events[4096] __attribute__((aligned(8)));
	int watch = inotify_init1(IN_CLOEXEC);
	inotify_add_watch(watch, "/dev", IN_CREATE);
	int error = 0;
	while (!find_port(name, path, size)) {
		if (read(watch, events, sizeof(events)) < 0 && errno != EINTR) {
			error = errno;
			break;
		}
	}
	close(watch);
	return error;
}
