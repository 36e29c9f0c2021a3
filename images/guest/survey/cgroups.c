/* Control groups: Documentation/admin-guide/cgroup-v2.rst of the kernel. */
#include "survey.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOT "/sys/fs/cgroup"
/* As deep as pods' and their containers' own lie, and some more. */
#define DEPTH_MAX 8

/* A file's first word or line; `-` where the group has no such file. */
static void put_line(int directory, const char *name)
{
	char text[128];
	size_t length = read_file(directory, name, text, sizeof(text));
	text[strcspn(text, "\n")] = 0;
	printf("\t%s", length > 0 ? text : "-");
}

static void put_usage(int directory)
{
	char text[512];
	read_file(directory, "cpu.stat", text, sizeof(text));
	const char *usage = strstr(text, "usage_usec ");
	printf("\t%llu", usage ? strtoull(usage + strlen("usage_usec "), NULL, 10) : 0);
}

static void survey_group(int parent, const char *name, const char *path, int depth)
{
	int directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return;
	fputs("cgroup\t", stdout);
	put_text(path, strlen(path));
	put_line(directory, "memory.current");
	put_line(directory, "memory.max");
	put_usage(directory);
	put_line(directory, "cpu.max");
	put_line(directory, "cpu.weight");
	put_line(directory, "pids.current");
	putchar('\n');
	DIR *entries = fdopendir(directory);
	if (!entries) {
		close(directory);
		return;
	}
	for (struct dirent *entry; depth < DEPTH_MAX && (entry = readdir(entries));) {
		char below[PATH_MAX];
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		snprintf(below, sizeof(below), "%s/%s", strcmp(path, "/") == 0 ? "" : path, entry->d_name);
		survey_group(dirfd(entries), entry->d_name, below, depth + 1);
	}
	closedir(entries);
}

void survey_cgroups(void)
{
	survey_group(AT_FDCWD, ROOT, "/", 0);
}
