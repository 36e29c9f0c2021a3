/* The kernel and the memory that it has, and the virtio devices that it drives. */
#include "survey.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define DEVICES "/sys/bus/virtio/devices"

static unsigned long long kibibytes(const char *meminfo, const char *field)
{
	const char *line = strstr(meminfo, field);
	return line ? strtoull(line + strlen(field), NULL, 10) : 0;
}

static void put_field(const char *text)
{
	putchar('\t');
	put_text(text, strcspn(text, "\n"));
}

void survey_kernel(void)
{
	struct utsname kernel;
	char boot_id[64], meminfo[2048];
	if (uname(&kernel) < 0)
		return;
	read_file(AT_FDCWD, "/proc/sys/kernel/random/boot_id", boot_id, sizeof(boot_id));
	read_file(AT_FDCWD, "/proc/meminfo", meminfo, sizeof(meminfo));
	fputs("kernel", stdout);
	put_field(kernel.release);
	put_field(boot_id);
	printf("\t%llu\t%llu\n", kibibytes(meminfo, "MemTotal:"), kibibytes(meminfo, "MemAvailable:"));
}

/* The first thing in a directory of a device's: what a driver has made of it. */
static void put_first(int device, const char *directory)
{
	int file = openat(device, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = file < 0 ? NULL : fdopendir(file);
	if (!entries)
		return;
	for (struct dirent *entry; (entry = readdir(entries));)
		if (entry->d_name[0] != '.') {
			put_text(entry->d_name, strlen(entry->d_name));
			break;
		}
	closedir(entries);
}

static void survey_device(int devices, const char *name)
{
	char driver[256], tag[128];
	int device = openat(devices, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (device < 0)
		return;
	ssize_t length = readlinkat(device, "driver", driver, sizeof(driver) - 1);
	driver[length > 0 ? length : 0] = 0;
	const char *last = strrchr(driver, '/');
	fputs("device", stdout);
	put_field(name);
	put_field(last ? last + 1 : "-");
	putchar('\t');
	put_first(device, "net");
	/* Of 9P the kernel says with which name to mount it, with a zero behind it. */
	read_file(device, "mount_tag", tag, sizeof(tag));
	put_text(tag, strcspn(tag, "\n"));
	putchar('\n');
	close(device);
}

void survey_devices(void)
{
	DIR *devices = opendir(DEVICES);
	if (!devices)
		return;
	for (struct dirent *entry; (entry = readdir(devices));)
		if (entry->d_name[0] != '.')
			survey_device(dirfd(devices), entry->d_name);
	closedir(devices);
}
