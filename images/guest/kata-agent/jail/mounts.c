#include "guest.h"
#include "mounts.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include "calls.h"
#include "cgroup.h"
#include "mount-options.h"
#include "paths.h"
#include "report.h"
#include "words.h"

/* The kernel's own words, if it has any: fsopen(2), "message retrieval". */
_Noreturn static void give_up_file_system(int context, const char *what)
{
	int number = errno;
	char message[256];
	ssize_t length = read(context, message, sizeof(message) - 1);
	if (length > 2 && message[1] == ' ') {
		message[length] = 0;
		message[strcspn(message, "\n")] = 0;
		give_up("%s: %s (%s)", what, errno_words(number), message + 2);
	}
	errno = number;
	give_up_errno("%s", what);
}

int new_file_system(const char *type, const char *source, const char *const *options, size_t count,
		    const char *what)
{
	int context = call_fsopen(type);
	if (context < 0)
		give_up_errno("%s", what);
	if (call_fsconfig(context, FSCONFIG_SET_STRING, "source", source) < 0)
		give_up_file_system(context, what);
	for (size_t i = 0; i < count; i++) {
		char key[256];
		snprintf(key, sizeof(key), "%s", options[i]);
		char *value = strchr(key, '=');
		if (value)
			*value++ = 0;
		if (call_fsconfig(context, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, key, value) < 0)
			give_up_file_system(context, what);
	}
	if (call_fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL) < 0)
		give_up_file_system(context, what);
	int tree = call_fsmount(context);
	if (tree < 0)
		give_up_file_system(context, what);
	close(context);
	return tree;
}

void set_attributes(int tree, unsigned flags, uint64_t set, uint64_t clear, unsigned long propagation,
		    const char *what)
{
	struct mount_attr attributes = { .attr_set = set, .attr_clr = clear, .propagation = propagation };
	if (!set && !clear && !propagation)
		return;
	if (call_mount_setattr(tree, flags, &attributes) < 0)
		give_up_errno("%s", what);
}

static bool is_of_proc(int fd)
{
	struct statfs file_system;
	return fstatfs(fd, &file_system) == 0 && file_system.f_type == PROC_SUPER_MAGIC;
}

/*
 * Files of /proc may not be others than the kernel's, by whatever link one gets there, lest somebody
 * believes them; the exceptions are those that LXCFS stands in for (runc, checkProcMount).
 */
static void check_destination(const Grpc__Mount *mount, int tree, int target)
{
	static const char *const allowed[] = { "cpuinfo", "diskstats", "meminfo",  "stat",
					       "swaps",	  "uptime",    "loadavg",  "slabinfo",
					       "net/dev", "sys/kernel/ns_last_pid" };
	const char *at = mount->destination + strspn(mount->destination, "/");
	bool named = strncmp(at, "proc", 4) == 0 && (!at[4] || at[4] == '/');
	at += named ? 4 + strspn(at + 4, "/") : 0;
	if (named && !*at && !is_of_proc(tree))
		give_up("\"%s\" cannot be mounted because it is not of type proc", mount->destination);
	if (!is_of_proc(target))
		return;
	for (size_t i = 0; named && i < sizeof(allowed) / sizeof(*allowed); i++) {
		if (strcmp(at, allowed[i]) == 0)
			return;
	}
	give_up("\"%s\" cannot be mounted because it is inside /proc", mount->destination);
}

static int bind_tree(const Grpc__Mount *mount, const struct mount_options *options, const char *what)
{
	unsigned flags = OPEN_TREE_CLONE | (options->recursive ? AT_RECURSIVE : 0);
	int tree = call_open_tree(AT_FDCWD, mount->source, flags);
	if (tree < 0)
		give_up_errno("%s", what);
	return tree;
}

/* A tmpfs has the mode of the directory that it covers, unless it is told another (runc, mountToRootfs). */
static void inherit_mode(int root, const char *destination, struct mount_options *options,
			 char mode[static 16])
{
	for (size_t i = 0; i < options->count; i++) {
		if (strncmp(options->rest[i], "mode=", 5) == 0)
			return;
	}
	struct stat status;
	int target = open_inside(root, destination, 0);
	if (target < 0)
		return;
	if (fstat(target, &status) == 0 && options->count < sizeof(options->rest) / sizeof(*options->rest)) {
		snprintf(mode, 16, "mode=%o", (unsigned)(status.st_mode & 07777));
		options->rest[options->count++] = mode;
	}
	close(target);
}

/* Where it is to be mounted, made if it is not there. A link would put /proc elsewhere than it is masked. */
static int open_target(int root, const Grpc__Mount *mount, bool bind, bool directory)
{
	bool kernels = !bind && (strcmp(mount->type, "proc") == 0 || strcmp(mount->type, "sysfs") == 0);
	if (!kernels)
		return make_inside(root, mount->destination, directory);
	/* Seldom missing; and each look is a few messages over 9P. */
	int target = open_inside(root, mount->destination, RESOLVE_NO_SYMLINKS);
	if (target >= 0 || errno != ENOENT)
		return target;
	target = make_inside(root, mount->destination, true);
	if (target >= 0)
		close(target);
	return target < 0 ? -1 : open_inside(root, mount->destination, RESOLVE_NO_SYMLINKS);
}

/*
 * With a cgroup namespace of its own it sees its cgroup as the root. Without, the machine's mount is
 * shown as it is: mounting it anew would set the options of the one that there is.
 */
static int cgroup_tree(const Grpc__Spec *spec, const Grpc__Mount *mount, const char *what)
{
	for (size_t i = 0; i < spec->linux->n_namespaces; i++) {
		if (strcmp(spec->linux->namespaces[i]->type, "cgroup") == 0)
			return new_file_system("cgroup2", mount->source, NULL, 0, what);
	}
	int tree = call_open_tree(AT_FDCWD, cgroup_hierarchy(), OPEN_TREE_CLONE);
	if (tree < 0)
		give_up_errno("%s", what);
	return tree;
}

static bool is_directory(int tree)
{
	struct stat status;
	return fstat(tree, &status) == 0 && S_ISDIR(status.st_mode);
}

bool is_dev(const char *destination)
{
	const char *at = destination + strspn(destination, "/");
	return strncmp(at, "dev", 3) == 0 && !at[3 + strspn(at + 3, "/")];
}

static void make_mount(int root, const Grpc__Spec *spec, const Grpc__Mount *mount)
{
	struct mount_options options;
	mount_options_parse(mount, &options);
	char what[1024], mode[16];
	const char *source = *mount->source ? mount->source : mount->type;
	snprintf(what, sizeof(what), "mounting \"%s\" at \"%s\"", source, mount->destination);
	int tree = options.bind ? bind_tree(mount, &options, what) : -1;
	if (!options.bind && strcmp(mount->type, "tmpfs") == 0)
		inherit_mode(root, mount->destination, &options, mode);
	int target = open_target(root, mount, options.bind, tree < 0 || is_directory(tree));
	if (target < 0)
		give_up_errno("%s", what);
	if (tree < 0 && strncmp(mount->type, "cgroup", 6) == 0)
		tree = cgroup_tree(spec, mount, what);
	else if (tree < 0)
		tree = new_file_system(mount->type, mount->source, options.rest, options.count, what);
	check_destination(mount, tree, target);
	if (is_directory(tree) != is_directory(target))
		give_up("%s: not a directory: only a directory can be mounted onto a directory", what);
	/* /dev becomes read-only when its devices are there. */
	if (is_dev(mount->destination) && !options.bind)
		options.set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	set_attributes(tree, 0, options.set, options.clear, options.propagation, what);
	set_attributes(tree, AT_RECURSIVE, options.set_below, options.clear_below, options.propagation_below,
		       what);
	if (call_move_mount(tree, target, "", MOVE_MOUNT_T_EMPTY_PATH) < 0)
		give_up_errno("%s", what);
	close(target);
	close(tree);
}

void make_mounts(int root, const Grpc__Spec *spec)
{
	for (size_t i = 0; i < spec->n_mounts; i++)
		make_mount(root, spec, spec->mounts[i]);
}
