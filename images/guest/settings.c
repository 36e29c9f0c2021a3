#include "guest.h"
#include "settings.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool write_setting(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t count = write(fd, value, strlen(value));
	close(fd);
	return count >= 0;
}

void set_ninep_readahead(const char *kibibytes)
{
	DIR *devices = opendir("/sys/class/bdi");
	for (struct dirent *entry; devices && (entry = readdir(devices));) {
		char path[320];
		if (strncmp(entry->d_name, "9p-", 3) != 0)
			continue;
		snprintf(path, sizeof(path), "/sys/class/bdi/%s/read_ahead_kb", entry->d_name);
		write_setting(path, kibibytes);
	}
	if (devices)
		closedir(devices);
}
