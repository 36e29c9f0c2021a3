#include "guest.h"
#include "system-calls.h"

#include <asm/unistd.h>
#include <stdlib.h>
#include <string.h>

/*
 * Every system call of i386 and x86-64 in Linux 6.1, in the order of strcmp(3). What the kernel's
 * headers do not know for this architecture stays a name where the others become numbers.
 */
#define SYSTEM_CALLS(S) \
	S(_llseek) S(_newselect) S(_sysctl) S(accept) S(accept4) S(access) S(acct) S(add_key) S(adjtimex) \
	S(afs_syscall) S(alarm) S(arch_prctl) S(bdflush) S(bind) S(bpf) S(break) S(brk) S(capget) S(capset) \
	S(chdir) S(chmod) S(chown) S(chown32) S(chroot) S(clock_adjtime) S(clock_adjtime64) S(clock_getres) \
	S(clock_getres_time64) S(clock_gettime) S(clock_gettime64) S(clock_nanosleep) \
	S(clock_nanosleep_time64) S(clock_settime) S(clock_settime64) S(clone) S(clone3) S(close) \
	S(close_range) S(connect) S(copy_file_range) S(creat) S(create_module) S(delete_module) S(dup) \
	S(dup2) S(dup3) S(epoll_create) S(epoll_create1) S(epoll_ctl) S(epoll_ctl_old) S(epoll_pwait) \
	S(epoll_pwait2) S(epoll_wait) S(epoll_wait_old) S(eventfd) S(eventfd2) S(execve) S(execveat) S(exit) \
	S(exit_group) S(faccessat) S(faccessat2) S(fadvise64) S(fadvise64_64) S(fallocate) S(fanotify_init) \
	S(fanotify_mark) S(fchdir) S(fchmod) S(fchmodat) S(fchown) S(fchown32) S(fchownat) S(fcntl) \
	S(fcntl64) S(fdatasync) S(fgetxattr) S(finit_module) S(flistxattr) S(flock) S(fork) S(fremovexattr) \
	S(fsconfig) S(fsetxattr) S(fsmount) S(fsopen) S(fspick) S(fstat) S(fstat64) S(fstatat64) S(fstatfs) \
	S(fstatfs64) S(fsync) S(ftime) S(ftruncate) S(ftruncate64) S(futex) S(futex_time64) S(futex_waitv) \
	S(futimesat) S(get_kernel_syms) S(get_mempolicy) S(get_robust_list) S(get_thread_area) S(getcpu) \
	S(getcwd) S(getdents) S(getdents64) S(getegid) S(getegid32) S(geteuid) S(geteuid32) S(getgid) \
	S(getgid32) S(getgroups) S(getgroups32) S(getitimer) S(getpeername) S(getpgid) S(getpgrp) S(getpid) \
	S(getpmsg) S(getppid) S(getpriority) S(getrandom) S(getresgid) S(getresgid32) S(getresuid) \
	S(getresuid32) S(getrlimit) S(getrusage) S(getsid) S(getsockname) S(getsockopt) S(gettid) \
	S(gettimeofday) S(getuid) S(getuid32) S(getxattr) S(gtty) S(idle) S(init_module) \
	S(inotify_add_watch) S(inotify_init) S(inotify_init1) S(inotify_rm_watch) S(io_cancel) S(io_destroy) \
	S(io_getevents) S(io_pgetevents) S(io_pgetevents_time64) S(io_setup) S(io_submit) S(io_uring_enter) \
	S(io_uring_register) S(io_uring_setup) S(ioctl) S(ioperm) S(iopl) S(ioprio_get) S(ioprio_set) S(ipc) \
	S(kcmp) S(kexec_file_load) S(kexec_load) S(keyctl) S(kill) S(landlock_add_rule) \
	S(landlock_create_ruleset) S(landlock_restrict_self) S(lchown) S(lchown32) S(lgetxattr) S(link) \
	S(linkat) S(listen) S(listxattr) S(llistxattr) S(lock) S(lookup_dcookie) S(lremovexattr) S(lseek) \
	S(lsetxattr) S(lstat) S(lstat64) S(madvise) S(mbind) S(membarrier) S(memfd_create) S(memfd_secret) \
	S(migrate_pages) S(mincore) S(mkdir) S(mkdirat) S(mknod) S(mknodat) S(mlock) S(mlock2) S(mlockall) \
	S(mmap) S(mmap2) S(modify_ldt) S(mount) S(mount_setattr) S(move_mount) S(move_pages) S(mprotect) \
	S(mpx) S(mq_getsetattr) S(mq_notify) S(mq_open) S(mq_timedreceive) S(mq_timedreceive_time64) \
	S(mq_timedsend) S(mq_timedsend_time64) S(mq_unlink) S(mremap) S(msgctl) S(msgget) S(msgrcv) \
	S(msgsnd) S(msync) S(munlock) S(munlockall) S(munmap) S(name_to_handle_at) S(nanosleep) \
	S(newfstatat) S(nfsservctl) S(nice) S(oldfstat) S(oldlstat) S(oldolduname) S(oldstat) S(olduname) \
	S(open) S(open_by_handle_at) S(open_tree) S(openat) S(openat2) S(pause) S(perf_event_open) \
	S(personality) S(pidfd_getfd) S(pidfd_open) S(pidfd_send_signal) S(pipe) S(pipe2) S(pivot_root) \
	S(pkey_alloc) S(pkey_free) S(pkey_mprotect) S(poll) S(ppoll) S(ppoll_time64) S(prctl) S(pread64) \
	S(preadv) S(preadv2) S(prlimit64) S(process_madvise) S(process_mrelease) S(process_vm_readv) \
	S(process_vm_writev) S(prof) S(profil) S(pselect6) S(pselect6_time64) S(ptrace) S(putpmsg) \
	S(pwrite64) S(pwritev) S(pwritev2) S(query_module) S(quotactl) S(quotactl_fd) S(read) S(readahead) \
	S(readdir) S(readlink) S(readlinkat) S(readv) S(reboot) S(recvfrom) S(recvmmsg) S(recvmmsg_time64) \
	S(recvmsg) S(remap_file_pages) S(removexattr) S(rename) S(renameat) S(renameat2) S(request_key) \
	S(restart_syscall) S(rmdir) S(rseq) S(rt_sigaction) S(rt_sigpending) S(rt_sigprocmask) \
	S(rt_sigqueueinfo) S(rt_sigreturn) S(rt_sigsuspend) S(rt_sigtimedwait) S(rt_sigtimedwait_time64) \
	S(rt_tgsigqueueinfo) S(sched_get_priority_max) S(sched_get_priority_min) S(sched_getaffinity) \
	S(sched_getattr) S(sched_getparam) S(sched_getscheduler) S(sched_rr_get_interval) \
	S(sched_rr_get_interval_time64) S(sched_setaffinity) S(sched_setattr) S(sched_setparam) \
	S(sched_setscheduler) S(sched_yield) S(seccomp) S(security) S(select) S(semctl) S(semget) S(semop) \
	S(semtimedop) S(semtimedop_time64) S(sendfile) S(sendfile64) S(sendmmsg) S(sendmsg) S(sendto) \
	S(set_mempolicy) S(set_mempolicy_home_node) S(set_robust_list) S(set_thread_area) S(set_tid_address) \
	S(setdomainname) S(setfsgid) S(setfsgid32) S(setfsuid) S(setfsuid32) S(setgid) S(setgid32) \
	S(setgroups) S(setgroups32) S(sethostname) S(setitimer) S(setns) S(setpgid) S(setpriority) \
	S(setregid) S(setregid32) S(setresgid) S(setresgid32) S(setresuid) S(setresuid32) S(setreuid) \
	S(setreuid32) S(setrlimit) S(setsid) S(setsockopt) S(settimeofday) S(setuid) S(setuid32) S(setxattr) \
	S(sgetmask) S(shmat) S(shmctl) S(shmdt) S(shmget) S(shutdown) S(sigaction) S(sigaltstack) S(signal) \
	S(signalfd) S(signalfd4) S(sigpending) S(sigprocmask) S(sigreturn) S(sigsuspend) S(socket) \
	S(socketcall) S(socketpair) S(splice) S(ssetmask) S(stat) S(stat64) S(statfs) S(statfs64) S(statx) \
	S(stime) S(stty) S(swapoff) S(swapon) S(symlink) S(symlinkat) S(sync) S(sync_file_range) S(syncfs) \
	S(sysfs) S(sysinfo) S(syslog) S(tee) S(tgkill) S(time) S(timer_create) S(timer_delete) \
	S(timer_getoverrun) S(timer_gettime) S(timer_gettime64) S(timer_settime) S(timer_settime64) \
	S(timerfd_create) S(timerfd_gettime) S(timerfd_gettime64) S(timerfd_settime) S(timerfd_settime64) \
	S(times) S(tkill) S(truncate) S(truncate64) S(tuxcall) S(ugetrlimit) S(ulimit) S(umask) S(umount) \
	S(umount2) S(uname) S(unlink) S(unlinkat) S(unshare) S(uselib) S(userfaultfd) S(ustat) S(utime) \
	S(utimensat) S(utimensat_time64) S(utimes) S(vfork) S(vhangup) S(vm86) S(vm86old) S(vmsplice) \
	S(vserver) S(wait4) S(waitid) S(waitpid) S(write) S(writev)

#define TEXT(what) #what
#define EXPANDED(what) TEXT(what)
#define ENTRY(name) { #name, EXPANDED(__NR_##name) },

static const struct entry {
	const char *name;
	const char *number;
} entries[] = { SYSTEM_CALLS(ENTRY) };

static int compare(const void *name, const void *entry)
{
	return strcmp(name, ((const struct entry *)entry)->name);
}

int system_call_number(const char *name)
{
	const size_t count = sizeof(entries) / sizeof(*entries);
	const struct entry *entry = bsearch(name, entries, count, sizeof(*entries), compare);
	if (!entry || entry->number[0] < '0' || entry->number[0] > '9')
		return -1;
	return atoi(entry->number);
}
