#include "guest.h"
#include "masks.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "calls.h"
#include "mounts.h"
#include "paths.h"
#include "report.h"

static void make_read_only(int root, const char *path)
{
	int target = open_inside(root, path, 0);
	if (target < 0 && (errno == ENOENT || errno == ENOTDIR))
		return;
	const unsigned flags = AT_EMPTY_PATH | AT_RECURSIVE | OPEN_TREE_CLONE;
	int tree = target < 0 ? -1 : call_open_tree(target, "", flags);
	if (tree < 0)
		give_up_errno("making %s read-only", path);
	/* Not the mounts below it, as runc. */
	set_attributes(tree, 0, MOUNT_ATTR_RDONLY, 0, 0, "making a path read-only");
	if (call_move_mount(tree, target, "", MOVE_MOUNT_T_EMPTY_PATH) < 0)
		give_up_errno("making %s read-only", path);
	close(tree);
	close(target);
}

/* Our /dev/null: the container's may be anything, if an image or a volume brings it. */
static int mask_for(int target, const char *path)
{
	static const char *const smallest[] = { "nr_blocks=1", "nr_inodes=1" };
	struct stat status;
	if (fstat(target, &status) < 0)
		give_up_errno("masking %s", path);
	int tree;
	if (S_ISDIR(status.st_mode)) {
		tree = new_file_system("tmpfs", "tmpfs", smallest, 2, "masking a directory");
		set_attributes(tree, 0, MOUNT_ATTR_RDONLY, 0, 0, "masking a directory");
	} else {
		tree = call_open_tree(AT_FDCWD, "/dev/null", OPEN_TREE_CLONE);
	}
	if (tree < 0)
		give_up_errno("masking %s", path);
	return tree;
}

static void mask(int root, const char *path)
{
	int target = open_inside(root, path, 0);
	if (target < 0 && (errno == ENOENT || errno == ENOTDIR))
		return;
	if (target < 0)
		give_up_errno("masking %s", path);
	int tree = mask_for(target, path);
	if (call_move_mount(tree, target, "", MOVE_MOUNT_T_EMPTY_PATH) < 0)
		give_up_errno("masking %s", path);
	close(tree);
	close(target);
}

void mask_paths(int root, const Grpc__Linux *specification)
{
	for (size_t i = 0; i < specification->n_readonlypaths; i++)
		make_read_only(root, specification->readonlypaths[i]);
	for (size_t i = 0; i < specification->n_maskedpaths; i++)
		mask(root, specification->maskedpaths[i]);
}
