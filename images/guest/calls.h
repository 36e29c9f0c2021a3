/*
 * System calls that the libc has no functions for, or whose header cannot be included together with
 * the kernel's own <linux/mount.h>, which musl needs for mount_setattr(2).
 */
#ifndef SANDGLASS_CALLS_H
#define SANDGLASS_CALLS_H

#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif
#ifndef MNT_DETACH
#define MNT_DETACH 2
#endif

static inline int call_openat2(int directory, const char *path, struct open_how *how)
{
	return (int)syscall(SYS_openat2, directory, path, how, sizeof(*how));
}

static inline int call_open_tree(int directory, const char *path, unsigned flags)
{
	return (int)syscall(SYS_open_tree, directory, path, flags | OPEN_TREE_CLOEXEC);
}

static inline int call_move_mount(int tree, int directory, const char *path, unsigned flags)
{
	return (int)syscall(SYS_move_mount, tree, "", directory, path, flags | MOVE_MOUNT_F_EMPTY_PATH);
}

static inline int call_mount_setattr(int tree, unsigned flags, struct mount_attr *attributes)
{
	const size_t size = sizeof(*attributes);
	return (int)syscall(SYS_mount_setattr, tree, "", flags | AT_EMPTY_PATH, attributes, size);
}

static inline int call_fsopen(const char *type)
{
	return (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
}

static inline int call_fsconfig(int context, unsigned command, const char *key, const char *value)
{
	return (int)syscall(SYS_fsconfig, context, command, key, value, 0);
}

static inline int call_fsmount(int context)
{
	return (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
}

static inline int call_mount(const char *source, const char *path, const char *type, const char *options)
{
	return (int)syscall(SYS_mount, source, path, type, 0, options);
}

/* MS_PRIVATE and the like. */
static inline int call_set_propagation(const char *path, unsigned long flags)
{
	return (int)syscall(SYS_mount, "", path, "", flags, "");
}

static inline int call_umount(const char *path, int flags)
{
	return (int)syscall(SYS_umount2, path, flags);
}

static inline int call_pivot_root(const char *new_root, const char *put_old)
{
	return (int)syscall(SYS_pivot_root, new_root, put_old);
}

static inline pid_t call_clone3(struct clone_args *arguments)
{
	return (pid_t)syscall(SYS_clone3, arguments, sizeof(*arguments));
}

static inline int call_close_range(unsigned first, unsigned last)
{
	return (int)syscall(SYS_close_range, first, last, 0);
}

#endif
