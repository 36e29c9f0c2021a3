#include "guest.h"
#include "answer.h"

#include <dirent.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text answer;

void append(struct text *text, const void *bytes, size_t length)
{
	if (text->length + length + 1 > text->room) {
		text->room = 2 * (text->length + length + 1);
		text->bytes = realloc(text->bytes, text->room);
	}
	memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
	text->bytes[text->length] = 0;
}

void say(const char *format, ...)
{
	char *words;
	va_list arguments;
	va_start(arguments, format);
	int length = vasprintf(&words, format, arguments);
	va_end(arguments);
	append(&answer, words, (size_t)length);
	free(words);
}

void say_bytes(const char *key, const char *bytes, size_t length)
{
	say("\"%s\":\"", key);
	for (size_t i = 0; i < length; i++)
		say("\\u%04x", (unsigned char)bytes[i]);
	say("\"");
}

static int cgroups;
static int see_cgroup(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)path, (void)status, (void)place;
	cgroups += type == FTW_D;
	return 0;
}

static int count_entries(const char *path, bool numbers)
{
	int count = 0;
	DIR *directory = opendir(path);
	for (struct dirent *entry; (entry = readdir(directory));) {
		char first = entry->d_name[0];
		count += numbers ? first >= '0' && first <= '9' : first != '.';
	}
	closedir(directory);
	return count;
}

void say_census(const char *hierarchy)
{
	int mounts = 0;
	FILE *list = fopen("/proc/self/mountinfo", "re");
	for (int letter; (letter = getc(list)) != EOF;)
		mounts += letter == '\n';
	fclose(list);
	cgroups = 0;
	nftw(hierarchy, see_cgroup, 16, FTW_PHYS);
	say("\"fds\":%d,\"processes\":%d,\"mounts\":%d,\"cgroups\":%d", count_entries("/proc/self/fd", false),
	    count_entries("/proc", true), mounts, cgroups);
}
