/*
 * pgrep(1) as busybox has it, for Debian's busybox is without: prints the ids of processes whose name
 * matches an extended regular expression; -f matches the command line, -l prints the name as well.
 * Ends with 0 if there is one, 1 if there is none, 2 if it was not understood.
 */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Reads a file of a process as a string; its arguments are parted by blanks. False if it is gone. */
static bool read_text(const char *pid, const char *name, char *text, size_t size)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%s/%s", pid, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t length = read(fd, text, size - 1);
	close(fd);
	if (length < 0)
		return false;
	while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\0'))
		length--;
	for (ssize_t i = 0; i < length; i++)
		if (text[i] == '\0')
			text[i] = ' ';
	text[length] = '\0';
	return true;
}

int main(int argc, char **argv)
{
	bool whole = false, names = false;
	int option;
	while ((option = getopt(argc, argv, "fl")) != -1) {
		if (option == '?')
			return 2;
		*(option == 'f' ? &whole : &names) = true;
	}
	regex_t pattern;
	if (optind != argc - 1 || regcomp(&pattern, argv[optind], REG_EXTENDED | REG_NOSUB) != 0) {
		fprintf(stderr, "Usage: pgrep [-fl] PATTERN\n");
		return 2;
	}
	DIR *processes = opendir("/proc");
	if (processes == NULL) {
		perror("pgrep: /proc");
		return 2;
	}
	bool found = false;
	for (struct dirent *entry; (entry = readdir(processes)) != NULL;) {
		char name[64], matched[4096];
		if (!isdigit((unsigned char)entry->d_name[0]) || atoi(entry->d_name) == getpid())
			continue;
		if (!read_text(entry->d_name, "comm", name, sizeof name) ||
		    !read_text(entry->d_name, whole ? "cmdline" : "comm", matched, sizeof matched) ||
		    regexec(&pattern, matched, 0, NULL, 0) != 0)
			continue;
		found = true;
		if (names)
			printf("%s %s\n", entry->d_name, name);
		else
			puts(entry->d_name);
	}
	closedir(processes);
	return found ? 0 : 1;
}
