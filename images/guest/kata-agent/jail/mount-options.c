#include "guest.h"
#include "mount-options.h"

#include <string.h>

#include "calls.h"
#include "report.h"

#define ATIME MOUNT_ATTR__ATIME

/* With an `r` before it: for all mounts below, too. */
static const struct {
	const char *name;
	uint64_t set, clear;
} attributes[] = {
	{ "ro", MOUNT_ATTR_RDONLY, 0 },
	{ "rw", 0, MOUNT_ATTR_RDONLY },
	{ "nosuid", MOUNT_ATTR_NOSUID, 0 },
	{ "suid", 0, MOUNT_ATTR_NOSUID },
	{ "nodev", MOUNT_ATTR_NODEV, 0 },
	{ "dev", 0, MOUNT_ATTR_NODEV },
	{ "noexec", MOUNT_ATTR_NOEXEC, 0 },
	{ "exec", 0, MOUNT_ATTR_NOEXEC },
	{ "noatime", MOUNT_ATTR_NOATIME, ATIME },
	{ "atime", MOUNT_ATTR_RELATIME, ATIME },
	{ "relatime", MOUNT_ATTR_RELATIME, ATIME },
	{ "norelatime", MOUNT_ATTR_STRICTATIME, ATIME },
	{ "strictatime", MOUNT_ATTR_STRICTATIME, ATIME },
	{ "nostrictatime", MOUNT_ATTR_RELATIME, ATIME },
	{ "nodiratime", MOUNT_ATTR_NODIRATIME, 0 },
	{ "diratime", 0, MOUNT_ATTR_NODIRATIME },
	{ "nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0 },
	{ "symfollow", 0, MOUNT_ATTR_NOSYMFOLLOW },
};

static const struct {
	const char *name;
	unsigned long flag;
} propagations[] = {
	{ "private", MS_PRIVATE },
	{ "shared", MS_SHARED },
	{ "slave", MS_SLAVE },
	{ "unbindable", MS_UNBINDABLE },
};

/* What runc understands and neither a mount nor a file system has to be told. */
static const char *const idle[] = { "defaults",	  "async",	 "loud", "nomand",
				    "nolazytime", "noiversion", "noacl" };

static const char *const unsupported[] = { "remount", "tmpcopyup", "idmap", "ridmap" };

static bool is_one_of(const char *name, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(name, list[i]) == 0)
			return true;
	}
	return false;
}
#define IS_ONE_OF(name, list) is_one_of(name, list, sizeof(list) / sizeof(*list))

unsigned long propagation_of(const char *name)
{
	bool recursive = name[0] == 'r';
	for (size_t i = 0; i < sizeof(propagations) / sizeof(*propagations); i++) {
		if (strcmp(name + recursive, propagations[i].name) == 0)
			return propagations[i].flag | (recursive ? MS_REC : 0);
	}
	return 0;
}

static bool find_attribute(const char *name, uint64_t *set, uint64_t *clear)
{
	for (size_t i = 0; i < sizeof(attributes) / sizeof(*attributes); i++) {
		if (strcmp(name, attributes[i].name) != 0)
			continue;
		/* The last one counts. */
		*set = (*set & ~attributes[i].clear) | attributes[i].set;
		*clear = (*clear & ~attributes[i].set) | attributes[i].clear;
		return true;
	}
	return false;
}

static bool find_propagation(const char *name, struct mount_options *options)
{
	unsigned long flags = propagation_of(name);
	if (!flags)
		return false;
	if (flags & MS_REC)
		options->propagation_below = flags & ~(unsigned long)MS_REC;
	else
		options->propagation = flags;
	return true;
}

void mount_options_parse(const Grpc__Mount *mount, struct mount_options *options)
{
	*options = (struct mount_options){ .bind = strcmp(mount->type, "bind") == 0 };
	for (size_t i = 0; i < mount->n_options; i++) {
		const char *option = mount->options[i];
		if (strcmp(option, "bind") == 0 || strcmp(option, "rbind") == 0) {
			options->bind = true;
			options->recursive |= option[0] == 'r';
			continue;
		}
		if (find_attribute(option, &options->set, &options->clear))
			continue;
		if (find_propagation(option, options))
			continue;
		if (option[0] == 'r' &&
		    find_attribute(option + 1, &options->set_below, &options->clear_below))
			continue;
		if (IS_ONE_OF(option, unsupported))
			give_up("mounting at \"%s\": the option %s is not supported", mount->destination,
				option);
		if (IS_ONE_OF(option, idle))
			continue;
		if (options->count == sizeof(options->rest) / sizeof(*options->rest))
			give_up("mounting at \"%s\": too many options", mount->destination);
		options->rest[options->count++] = option;
	}
}
