/*
 * ipcs(1) as busybox has it, for Debian's busybox is without: lists the message queues (-q), shared memory
 * segments (-m) and semaphore arrays (-s) of the process's IPC namespace, all of them unless told which.
 * Ends with 1 if it was not understood or the kernel has none.
 */
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof *(array))

/* Bits above the permissions of a segment: ipc(5), shmctl(2). */
enum { PERMISSIONS = 0777, TO_BE_DESTROYED = 01000, LOCKED = 02000 };

struct kind {
	char option;
	const char *file;
	const char *title;
	const char *columns[4];
	/* Of the file's columns after key, id and mode, by number: the owner's, and those that are shown. */
	int uid, shown[2];
};

/* proc(5), /proc/sysvipc */
static const struct kind kinds[] = {
	{ 'q', "/proc/sysvipc/msg", "Message Queues", { "msqid", "used-bytes", "messages" }, 4, { 0, 1 } },
	{ 'm', "/proc/sysvipc/shm", "Shared Memory Segments", { "shmid", "bytes", "nattch", "status" }, 4, { 0, 3 } },
	{ 's', "/proc/sysvipc/sem", "Semaphore Arrays", { "semid", "nsems" }, 1, { 0, -1 } },
};

static void print_owner(unsigned long uid)
{
	FILE *accounts = fopen("/etc/passwd", "re");
	const struct passwd *account = NULL;
	while (accounts != NULL && (account = fgetpwent(accounts)) != NULL && account->pw_uid != uid)
		;
	if (account != NULL)
		printf(" %-10.10s", account->pw_name);
	else
		printf(" %-10lu", uid);
	if (accounts != NULL)
		fclose(accounts);
}

static bool list(const struct kind *kind)
{
	FILE *file = fopen(kind->file, "re");
	if (file == NULL) {
		fprintf(stderr, "ipcs: ");
		perror(kind->file);
		return false;
	}
	printf("\n------ %s --------\n%-10s %-10s %-10s %-10s", kind->title, "key", kind->columns[0], "owner", "perms");
	for (size_t i = 1; i < ARRAY_SIZE(kind->columns) && kind->columns[i] != NULL; i++)
		printf(" %-10s", kind->columns[i]);
	putchar('\n');
	char line[512];
	for (bool heading = true; fgets(line, sizeof line, file) != NULL; heading = false) {
		int key, id, parsed;
		unsigned mode;
		unsigned long values[6] = { 0 };
		if (heading || sscanf(line, "%d %d %o%n", &key, &id, &mode, &parsed) != 3)
			continue;
		sscanf(line + parsed, "%lu %lu %lu %lu %lu %lu", &values[0], &values[1], &values[2], &values[3],
		       &values[4], &values[5]);
		printf("0x%08x %-10d", (unsigned)key, id);
		print_owner(values[kind->uid]);
		printf(" %-10o", mode & PERMISSIONS);
		for (size_t i = 0; i < ARRAY_SIZE(kind->shown) && kind->shown[i] >= 0; i++)
			printf(" %-10lu", values[kind->shown[i]]);
		if (kind->option == 'm')
			printf(" %-6s %-6s", mode & TO_BE_DESTROYED ? "dest" : "", mode & LOCKED ? "locked" : "");
		putchar('\n');
	}
	fclose(file);
	return true;
}

int main(int argc, char **argv)
{
	bool wanted[128] = { false };
	int option;
	while ((option = getopt(argc, argv, "qmsa")) != -1) {
		if (option == '?') {
			fprintf(stderr, "Usage: ipcs [-qmsa]\n");
			return 1;
		}
		wanted[option] = true;
	}
	bool some = wanted['q'] || wanted['m'] || wanted['s'], failed = false;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!some || wanted['a'] || wanted[(int)kinds[i].option])
			failed |= !list(&kinds[i]);
	putchar('\n');
	return failed ? 1 : 0;
}
