#include "guest.h"
#include "devices.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "calls.h"
#include "mounts.h"
#include "paths.h"
#include "report.h"

/* config-linux.md, "Default Devices"; console and ptmx are made elsewhere. */
static const struct {
	const char *path;
	unsigned major, minor;
} usual[] = {
	{ "/dev/null", 1, 3 },	 { "/dev/zero", 1, 5 },	   { "/dev/full", 1, 7 },
	{ "/dev/random", 1, 8 }, { "/dev/urandom", 1, 9 }, { "/dev/tty", 5, 0 },
};

static const struct {
	const char *name, *target;
} links[] = {
	{ "fd", "/proc/self/fd" },	 { "stdin", "/proc/self/fd/0" },  { "stdout", "/proc/self/fd/1" },
	{ "stderr", "/proc/self/fd/2" }, { "core", "/proc/kcore" },
};

struct device {
	const char *path;
	mode_t mode;
	dev_t number;
	uid_t uid;
	gid_t gid;
};

/* Where a device cannot be made, the machine's own is shown (runc, createDeviceNode). */
static void show_ours(int root, const struct device *device)
{
	int tree = call_open_tree(AT_FDCWD, device->path, OPEN_TREE_CLONE);
	int target = make_inside(root, device->path, false);
	if (tree < 0 || target < 0 || call_move_mount(tree, target, "", MOVE_MOUNT_T_EMPTY_PATH) < 0)
		give_up_errno("making the device %s", device->path);
	close(target);
	close(tree);
}

static void make_device(int root, const struct device *device)
{
	const char *name;
	int parent = make_parent_inside(root, device->path, &name);
	if (parent < 0)
		give_up_errno("making the device %s", device->path);
	if (mknodat(parent, name, device->mode, device->number) == 0) {
		/* Whatever the umask is. */
		if (fchmodat(parent, name, device->mode & 07777, 0) < 0 ||
		    fchownat(parent, name, device->uid, device->gid, AT_SYMLINK_NOFOLLOW) < 0)
			give_up_errno("making the device %s", device->path);
	} else if (errno == EPERM) {
		show_ours(root, device);
	} else if (errno != EEXIST) {
		give_up_errno("making the device %s", device->path);
	}
	close(parent);
}

static mode_t type_of(const Grpc__LinuxDevice *device)
{
	switch (device->type[0]) {
	case 'c':
	case 'u':
		return S_IFCHR;
	case 'b':
		return S_IFBLK;
	case 'p':
		return S_IFIFO;
	default:
		give_up("the device %s is of an unknown type \"%s\"", device->path, device->type);
	}
}

static void make_listed(int root, const Grpc__LinuxDevice *listed)
{
	/* It is the devpts' own, below. */
	if (strcmp(listed->path, "/dev/ptmx") == 0)
		return;
	struct device device = {
		.path = listed->path,
		.mode = type_of(listed) | (listed->filemode ? listed->filemode & 07777 : 0666),
		.number = makedev((unsigned)listed->major, (unsigned)listed->minor),
		.uid = listed->uid,
		.gid = listed->gid,
	};
	make_device(root, &device);
}

static void make_links(int root)
{
	int dev = make_inside(root, "/dev", true);
	if (dev < 0)
		give_up_errno("making /dev");
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++) {
		/* /proc/kcore is not in every kernel. */
		if (strcmp(links[i].name, "core") == 0 && access(links[i].target, F_OK) < 0)
			continue;
		if (symlinkat(links[i].target, dev, links[i].name) < 0 && errno != EEXIST)
			give_up_errno("making the link /dev/%s", links[i].name);
	}
	if ((unlinkat(dev, "ptmx", 0) < 0 && errno != ENOENT) || symlinkat("pts/ptmx", dev, "ptmx") < 0)
		give_up_errno("making the link /dev/ptmx");
	close(dev);
}

void make_devices(int root, const Grpc__Spec *spec)
{
	/* Whoever brings a /dev of his own has all in it (runc, needsSetupDev). */
	for (size_t i = 0; i < spec->n_mounts; i++) {
		if (strcmp(spec->mounts[i]->type, "bind") == 0 && is_dev(spec->mounts[i]->destination))
			return;
	}
	for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++) {
		struct device device = { .path = usual[i].path,
					 .mode = S_IFCHR | 0666,
					 .number = makedev(usual[i].major, usual[i].minor) };
		make_device(root, &device);
	}
	for (size_t i = 0; i < spec->linux->n_devices; i++)
		make_listed(root, spec->linux->devices[i]);
	make_links(root);
}
