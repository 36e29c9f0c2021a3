import type { SeccompRule, SeccompSpec } from '#oci/runtime-spec.ts';

/**
 * The profile `RuntimeDefault`: the same calls as containerd allows (contrib/seccomp/seccomp_default.go),
 * for i386, less those that came after Linux 6.1, which neither this kernel nor its libseccomp knows.
 */
const allowed = `
  accept accept4 access adjtimex alarm bind brk capget capset chdir chmod chown chown32
  clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64
  clock_nanosleep clock_nanosleep_time64 close close_range connect copy_file_range creat dup dup2
  dup3 epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait
  epoll_wait_old eventfd eventfd2 execve execveat exit exit_group faccessat faccessat2 fadvise64
  fadvise64_64 fallocate fanotify_mark fchdir fchmod fchmodat fchown fchown32 fchownat fcntl
  fcntl64 fdatasync fgetxattr flistxattr flock fork fremovexattr fsetxattr fstat fstat64 fstatat64
  fstatfs fstatfs64 fsync ftruncate ftruncate64 futex futex_time64 futex_waitv futimesat getcpu
  getcwd getdents getdents64 getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups
  getgroups32 getitimer getpeername getpgid getpgrp getpid getppid getpriority getrandom getresgid
  getresgid32 getresuid getresuid32 getrlimit get_robust_list getrusage getsid getsockname
  getsockopt get_thread_area gettid gettimeofday getuid getuid32 getxattr inotify_add_watch
  inotify_init inotify_init1 inotify_rm_watch io_cancel ioctl io_destroy io_getevents
  io_pgetevents io_pgetevents_time64 ioprio_get ioprio_set io_setup io_submit ipc kill
  landlock_add_rule landlock_create_ruleset landlock_restrict_self lchown lchown32 lgetxattr link
  linkat listen listxattr llistxattr _llseek lremovexattr lseek lsetxattr lstat lstat64 madvise
  membarrier memfd_create memfd_secret mincore mkdir mkdirat mknod mknodat mlock mlock2 mlockall
  mmap mmap2 mprotect mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64
  mq_timedsend mq_timedsend_time64 mq_unlink mremap msgctl msgget msgrcv msgsnd msync munlock
  munlockall munmap name_to_handle_at nanosleep newfstatat _newselect open openat openat2 pause
  pidfd_open pidfd_send_signal pipe pipe2 pkey_alloc pkey_free pkey_mprotect poll ppoll
  ppoll_time64 prctl pread64 preadv preadv2 prlimit64 process_mrelease pselect6 pselect6_time64
  pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv recv recvfrom recvmmsg
  recvmmsg_time64 recvmsg remap_file_pages removexattr rename renameat renameat2 restart_syscall
  rmdir rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend
  rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo sched_getaffinity sched_getattr
  sched_getparam sched_get_priority_max sched_get_priority_min sched_getscheduler
  sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity sched_setattr
  sched_setparam sched_setscheduler sched_yield seccomp select semctl semget semop semtimedop
  semtimedop_time64 send sendfile sendfile64 sendmmsg sendmsg sendto setfsgid setfsgid32 setfsuid
  setfsuid32 setgid setgid32 setgroups setgroups32 setitimer setpgid setpriority setregid
  setregid32 setresgid setresgid32 setresuid setresuid32 setreuid setreuid32 setrlimit
  set_robust_list setsid setsockopt set_thread_area set_tid_address setuid setuid32 setxattr shmat
  shmctl shmdt shmget shutdown sigaltstack signalfd signalfd4 sigprocmask sigreturn socketcall
  socketpair splice stat stat64 statfs statfs64 statx symlink symlinkat sync sync_file_range
  syncfs sysinfo tee tgkill time timer_create timer_delete timer_getoverrun timer_gettime
  timer_gettime64 timer_settime timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64
  timerfd_settime timerfd_settime64 times tkill truncate truncate64 ugetrlimit umask uname unlink
  unlinkat utime utimensat utimensat_time64 utimes vfork vmsplice wait4 waitid waitpid write
  writev
  process_vm_readv process_vm_writev ptrace modify_ldt
`;

/**
 * The same for pause, which does nothing but wait and reap; and for what crun and runc have to do
 * between the filter and it. Making and installing the long filter is a third of what a sandbox costs
 * on the emulated CPU, and this one a tenth of that.
 */
const allowedForPause = `
  _llseek _newselect access arch_prctl brk capget capset chdir clock_gettime clock_nanosleep
  close close_range dup dup2 dup3 epoll_create1 epoll_ctl epoll_pwait epoll_wait eventfd2 execve
  exit exit_group faccessat faccessat2 fchdir fchown32 fcntl fcntl64 fstat fstat64 fstatat64
  fstatfs fstatfs64 futex getcwd getdents64 getegid32 geteuid32 getgid32 getpid getppid getrandom
  gettid getuid32 ioctl kill lseek lstat64 madvise membarrier mmap2 mprotect mremap munmap
  nanosleep newfstatat open openat openat2 pause pipe2 poll ppoll prctl prlimit64 pselect6
  pselect6_time64 read readlinkat readv restart_syscall rseq rt_sigaction rt_sigprocmask
  rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 sched_getaffinity sched_yield
  set_robust_list set_thread_area set_tid_address setgid32 setgroups32 setresgid32 setresuid32
  setsid setuid32 sigaltstack sigreturn socketcall stat64 statfs64 statx tgkill timer_create
  timer_delete timer_settime tkill ugetrlimit umask uname wait4 waitid waitpid write writev
`;

/** Calls that come with a capability. */
const allowedBy: Readonly<Record<string, string>> = {
  CAP_DAC_READ_SEARCH: 'open_by_handle_at',
  CAP_SYS_ADMIN: `bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie mount
    mount_setattr move_mount open_tree perf_event_open quotactl quotactl_fd setdomainname sethostname
    setns syslog umount umount2 unshare`,
  CAP_SYS_BOOT: 'reboot',
  CAP_SYS_CHROOT: 'chroot',
  CAP_SYS_MODULE: 'delete_module init_module finit_module',
  CAP_SYS_PACCT: 'acct',
  CAP_SYS_PTRACE: `kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace`,
  CAP_SYS_RAWIO: 'iopl ioperm',
  CAP_SYS_TIME: 'settimeofday stime clock_settime clock_settime64',
  CAP_SYS_TTY_CONFIG: 'vhangup',
  CAP_SYS_NICE: 'get_mempolicy mbind set_mempolicy set_mempolicy_home_node',
  CAP_SYSLOG: 'syslog',
  CAP_BPF: 'bpf',
  CAP_PERFMON: 'perf_event_open',
};

/** PER_LINUX, PER_LINUX32 and their variants without address randomisation; and to ask. */
const personalities = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff];
const families = { AF_ALG: 38, AF_VSOCK: 40 };
/** CLONE_NEW… of namespaces(7) */
const newNamespaces = 0x7e020000;
const ENOSYS = 38;

const words = (text: string) => text.trim().split(/\s+/);
const allow = (names: string[], args?: SeccompRule['args']): SeccompRule => ({
  names,
  action: 'SCMP_ACT_ALLOW',
  ...(args && { args }),
});

/** clone3(2) hides its flags in memory, so the C library shall fall back to clone(2). */
const withoutNewNamespaces: SeccompRule[] = [
  allow(['clone'], [{ index: 0, value: newNamespaces, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }]),
  { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS },
];

/** As far as it depends on what the container may do anyway. */
export function defaultSeccompProfile(capabilities: readonly string[]): SeccompSpec {
  const administrator = capabilities.includes('CAP_SYS_ADMIN');
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    architectures: ['SCMP_ARCH_X86'],
    syscalls: [
      allow(words(allowed)),
      allow(['socket'], [{ index: 0, value: families.AF_ALG, op: 'SCMP_CMP_LT' }]),
      allow(['socket'], [{ index: 0, value: families.AF_ALG + 1, op: 'SCMP_CMP_EQ' }]),
      allow(['socket'], [{ index: 0, value: families.AF_VSOCK, op: 'SCMP_CMP_GT' }]),
      ...personalities.map((value) =>
        allow(['personality'], [{ index: 0, value, op: 'SCMP_CMP_EQ' }]),
      ),
      ...capabilities.flatMap((name) => {
        const calls = allowedBy[name];
        return calls === undefined ? [] : [allow(words(calls))];
      }),
      ...(administrator ? [] : withoutNewNamespaces),
    ],
  };
}

/** `RuntimeDefault` for the container that holds a sandbox together. */
export function sandboxSeccompProfile(): SeccompSpec {
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    architectures: ['SCMP_ARCH_X86'],
    syscalls: [allow(words(allowedForPause)), ...withoutNewNamespaces],
  };
}
