/*
 * Tells what there is in a machine, the node or a pod's, in one go: its kernel and virtio devices, processes and their
 * namespaces, control groups and what they use, the network of each namespace, the mounts of each. A line a thing, its
 * fields between tabs; src/cluster/node-survey.ts reads it. One process for all, because each costs the machine's one
 * CPU some milliseconds.
 */
#include "survey.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const namespace_names[NAMESPACES] = { "mnt", "pid", "net", "ipc", "uts", "cgroup", "user" };
enum { MOUNTS = 0, NETWORK = 2 };

/* Of a command line, which may be of megabytes. */
#define ARGUMENTS_MAX 400
/* Namespaces of one kind; those beyond are not looked into. */
#define SEEN_MAX 128

struct seen {
	unsigned long long ids[SEEN_MAX];
	pid_t processes[SEEN_MAX];
	int count;
};

static struct seen networks, mounts;

size_t read_file(int directory, const char *name, char *buffer, size_t size)
{
	int file = openat(directory, name, O_RDONLY | O_CLOEXEC);
	if (file < 0) {
		buffer[0] = 0;
		return 0;
	}
	size_t used = 0;
	while (used < size - 1) {
		ssize_t count = read(file, buffer + used, size - 1 - used);
		if (count <= 0)
			break;
		used += (size_t)count;
	}
	close(file);
	buffer[used] = 0;
	return used;
}

void put_text(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)text[i];
		if (byte < 0x20 || byte == 0x7f || byte == '\\')
			printf("\\x%02x", byte);
		else
			putchar(byte);
	}
}

static void note(struct seen *seen, unsigned long long id, pid_t process)
{
	for (int i = 0; i < seen->count; i++)
		if (seen->ids[i] == id)
			return;
	if (id == 0 || seen->count == SEEN_MAX)
		return;
	seen->ids[seen->count] = id;
	seen->processes[seen->count++] = process;
}

/* The fields of /proc/PID/stat behind the name, which may hold anything: proc_pid_stat(5). */
static bool split_stat(char *stat, char **name, char **rest)
{
	char *open = strchr(stat, '('), *close = strrchr(stat, ')');
	if (!open || !close || close[1] == 0)
		return false;
	*close = 0;
	*name = open + 1;
	*rest = close + 2;
	return true;
}

static void put_status_number(const char *status, const char *field)
{
	const char *line = strstr(status, field);
	const char *last = "0";
	/* NSpid has one number a namespace; the last is the process's own. */
	for (const char *at = line ? line + strlen(field) : "\n"; *at && *at != '\n'; at++)
		if (isdigit((unsigned char)*at) && !isdigit((unsigned char)at[-1]))
			last = at;
	printf("\t%lu", strtoul(last, NULL, 10));
}

static void survey_process(int proc, const char *number)
{
	int directory = openat(proc, number, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return;
	static char stat[1024], status[4096], text[4096];
	char *name, *rest, state;
	int parent;
	unsigned long user, system;
	unsigned long long started;
	long resident;
	read_file(directory, "stat", stat, sizeof(stat));
	pid_t pid = atoi(number);
	if (!split_stat(stat, &name, &rest) ||
	    sscanf(rest, "%c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %*d %*d %llu %*u %ld",
		   &state, &parent, &user, &system, &started, &resident) != 6 ||
	    /* The kernel's own threads. */
	    pid == 2 || parent == 2) {
		close(directory);
		return;
	}
	printf("process\t%d\t%d\t%c\t%ld\t%lu\t%llu", pid, parent, state,
	       resident * (sysconf(_SC_PAGESIZE) / 1024), user + system, started);
	read_file(directory, "status", status, sizeof(status));
	put_status_number(status, "\nNSpid:");
	for (int i = 0; i < NAMESPACES; i++) {
		char path[16];
		struct stat file = { 0 };
		snprintf(path, sizeof(path), "ns/%s", namespace_names[i]);
		if (fstatat(directory, path, &file, 0) < 0)
			file.st_ino = 0;
		printf("\t%llu", (unsigned long long)file.st_ino);
		if (i == NETWORK)
			note(&networks, file.st_ino, pid);
		if (i == MOUNTS)
			note(&mounts, file.st_ino, pid);
	}
	size_t length = read_file(directory, "cgroup", text, sizeof(text));
	const char *path = strstr(text, "0::");
	putchar('\t');
	if (path && length > 0)
		put_text(path + 3, strcspn(path + 3, "\n"));
	putchar('\t');
	put_text(name, strlen(name));
	putchar('\t');
	length = read_file(directory, "cmdline", text, ARGUMENTS_MAX);
	for (size_t i = 0; i < length; i++)
		if (text[i] == 0)
			text[i] = ' ';
	while (length > 0 && text[length - 1] == ' ')
		length--;
	put_text(text, length);
	putchar('\n');
	close(directory);
}

static void survey_processes(void)
{
	DIR *proc = opendir("/proc");
	if (!proc)
		return;
	for (struct dirent *entry; (entry = readdir(proc));)
		if (isdigit((unsigned char)entry->d_name[0]))
			survey_process(dirfd(proc), entry->d_name);
	closedir(proc);
}

static void survey_networks(void)
{
	for (int i = 0; i < networks.count; i++) {
		char path[32];
		snprintf(path, sizeof(path), "/proc/%d/ns/net", networks.processes[i]);
		int file = open(path, O_RDONLY | O_CLOEXEC);
		if (file >= 0 && setns(file, CLONE_NEWNET) == 0)
			survey_links(networks.ids[i]);
		if (file >= 0)
			close(file);
	}
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "-v") == 0) {
		puts("survey " GUEST_VERSION);
		return 0;
	}
	static char output[1 << 16];
	setvbuf(stdout, output, _IOFBF, sizeof(output));
	printf("clock\t%ld\n", sysconf(_SC_CLK_TCK));
	survey_kernel();
	survey_devices();
	survey_processes();
	survey_cgroups();
	for (int i = 0; i < mounts.count; i++)
		survey_mounts(mounts.processes[i], mounts.ids[i]);
	survey_networks();
	puts("end");
	return fflush(stdout) == 0 ? 0 : 1;
}
