#include "guest.h"
#include "root.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "calls.h"
#include "devices.h"
#include "masks.h"
#include "mount-options.h"
#include "mounts.h"
#include "paths.h"
#include "report.h"

static unsigned long root_propagation(const Grpc__Spec *spec)
{
	const char *name = spec->linux->rootfspropagation;
	unsigned long flags = *name ? propagation_of(name) : 0;
	if (*name && !flags)
		give_up("the root's propagation \"%s\" is unknown", name);
	return flags;
}

int root_open(const Grpc__Spec *spec)
{
	unsigned long propagation = root_propagation(spec);
	if (call_set_propagation("/", propagation ? propagation : MS_SLAVE | MS_REC) < 0)
		give_up_errno("setting the propagation of all mounts");
	/* pivot_root(2) wants no parent that is shared; and ours shall not see the container's root. */
	if (call_set_propagation("/", MS_PRIVATE) < 0)
		give_up_errno("setting the propagation of the root");
	int root = call_open_tree(AT_FDCWD, spec->root->path, OPEN_TREE_CLONE | AT_RECURSIVE);
	if (root < 0)
		give_up_errno("opening the root file system %s", spec->root->path);
	set_attributes(root, 0, 0, 0, MS_PRIVATE, "making the root file system private");
	if (call_move_mount(root, AT_FDCWD, "/", 0) < 0)
		give_up_errno("mounting the root file system %s", spec->root->path);
	return root;
}

void root_furnish(int root, const Grpc__Spec *spec)
{
	make_mounts(root, spec);
	make_devices(root, spec);
	/* runc makes it if it is missing. */
	const char *cwd = spec->process->cwd;
	int directory = *cwd ? make_inside(root, cwd, true) : -1;
	if (*cwd && directory < 0)
		give_up_errno("making the working directory \"%s\"", cwd);
	if (directory >= 0)
		close(directory);
}

/* /dev is made read-only last, having been filled. */
static void finish_dev(int root, const Grpc__Mount *mount)
{
	for (size_t i = 0; i < mount->n_options; i++) {
		if (strcmp(mount->options[i], "ro") != 0)
			continue;
		int dev = open_inside(root, mount->destination, 0);
		if (dev < 0)
			give_up_errno("making /dev read-only");
		set_attributes(dev, 0, MOUNT_ATTR_RDONLY, 0, 0, "making /dev read-only");
		close(dev);
	}
}

void root_enter(int root, const Grpc__Spec *spec)
{
	mask_paths(root, spec->linux);
	for (size_t i = 0; i < spec->n_mounts; i++) {
		if (is_dev(spec->mounts[i]->destination))
			finish_dev(root, spec->mounts[i]);
	}
	if (spec->root->readonly)
		set_attributes(root, 0, MOUNT_ATTR_RDONLY, 0, 0, "making the root file system read-only");
	/* pivot_root(2), "pivot_root(".", ".")": the old root comes to lie over the new one, and goes. */
	int old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (old < 0 || fchdir(root) < 0 || call_pivot_root(".", ".") < 0)
		give_up_errno("entering the root file system %s", spec->root->path);
	/* What is unmounted here shall stay with the machine, even where mounts are shared. */
	if (fchdir(old) < 0 || call_set_propagation(".", MS_SLAVE | MS_REC) < 0 ||
	    call_umount(".", MNT_DETACH) < 0 || chdir("/") < 0)
		give_up_errno("leaving the machine's root");
	close(old);
	close(root);
	unsigned long propagation = root_propagation(spec);
	if (propagation && !(propagation & MS_PRIVATE) && call_set_propagation("/", propagation) < 0)
		give_up_errno("setting the propagation of the root");
}
