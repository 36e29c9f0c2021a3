#include "guest.h"
#include "capabilities.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "report.h"

static const char *const names[] = {
	[CAP_CHOWN] = "CHOWN",
	[CAP_DAC_OVERRIDE] = "DAC_OVERRIDE",
	[CAP_DAC_READ_SEARCH] = "DAC_READ_SEARCH",
	[CAP_FOWNER] = "FOWNER",
	[CAP_FSETID] = "FSETID",
	[CAP_KILL] = "KILL",
	[CAP_SETGID] = "SETGID",
	[CAP_SETUID] = "SETUID",
	[CAP_SETPCAP] = "SETPCAP",
	[CAP_LINUX_IMMUTABLE] = "LINUX_IMMUTABLE",
	[CAP_NET_BIND_SERVICE] = "NET_BIND_SERVICE",
	[CAP_NET_BROADCAST] = "NET_BROADCAST",
	[CAP_NET_ADMIN] = "NET_ADMIN",
	[CAP_NET_RAW] = "NET_RAW",
	[CAP_IPC_LOCK] = "IPC_LOCK",
	[CAP_IPC_OWNER] = "IPC_OWNER",
	[CAP_SYS_MODULE] = "SYS_MODULE",
	[CAP_SYS_RAWIO] = "SYS_RAWIO",
	[CAP_SYS_CHROOT] = "SYS_CHROOT",
	[CAP_SYS_PTRACE] = "SYS_PTRACE",
	[CAP_SYS_PACCT] = "SYS_PACCT",
	[CAP_SYS_ADMIN] = "SYS_ADMIN",
	[CAP_SYS_BOOT] = "SYS_BOOT",
	[CAP_SYS_NICE] = "SYS_NICE",
	[CAP_SYS_RESOURCE] = "SYS_RESOURCE",
	[CAP_SYS_TIME] = "SYS_TIME",
	[CAP_SYS_TTY_CONFIG] = "SYS_TTY_CONFIG",
	[CAP_MKNOD] = "MKNOD",
	[CAP_LEASE] = "LEASE",
	[CAP_AUDIT_WRITE] = "AUDIT_WRITE",
	[CAP_AUDIT_CONTROL] = "AUDIT_CONTROL",
	[CAP_SETFCAP] = "SETFCAP",
	[CAP_MAC_OVERRIDE] = "MAC_OVERRIDE",
	[CAP_MAC_ADMIN] = "MAC_ADMIN",
	[CAP_SYSLOG] = "SYSLOG",
	[CAP_WAKE_ALARM] = "WAKE_ALARM",
	[CAP_BLOCK_SUSPEND] = "BLOCK_SUSPEND",
	[CAP_AUDIT_READ] = "AUDIT_READ",
	[CAP_PERFMON] = "PERFMON",
	[CAP_BPF] = "BPF",
	[CAP_CHECKPOINT_RESTORE] = "CHECKPOINT_RESTORE",
};
#define NAMES (sizeof(names) / sizeof(*names))

static uint64_t bit(unsigned number)
{
	return (uint64_t)1 << number;
}

static uint64_t set_of(char **list, size_t count)
{
	uint64_t set = 0;
	for (size_t i = 0; i < count; i++) {
		const char *name = strncmp(list[i], "CAP_", 4) == 0 ? list[i] + 4 : list[i];
		for (unsigned number = 0; number < NAMES; number++) {
			if (strcmp(name, names[number]) == 0)
				set |= bit(number);
		}
	}
	return set;
}

struct capabilities capabilities_of(const Grpc__LinuxCapabilities *specification)
{
	if (!specification)
		return (struct capabilities){ 0 };
	return (struct capabilities){
		.bounding = set_of(specification->bounding, specification->n_bounding),
		.effective = set_of(specification->effective, specification->n_effective),
		.permitted = set_of(specification->permitted, specification->n_permitted),
		.inheritable = set_of(specification->inheritable, specification->n_inheritable),
		.ambient = set_of(specification->ambient, specification->n_ambient),
	};
}

void capabilities_bound(const struct capabilities *wanted)
{
	for (unsigned number = 0; number < NAMES; number++) {
		if (wanted->bounding & bit(number))
			continue;
		/* EINVAL: the kernel has no such capability. */
		if (prctl(PR_CAPBSET_DROP, number, 0, 0, 0) < 0 && errno != EINVAL)
			give_up_errno("dropping CAP_%s", names[number]);
	}
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		give_up_errno("keeping capabilities");
}

static uint64_t whole(const struct __user_cap_data_struct data[2], size_t offset)
{
	uint32_t halves[2];
	for (int i = 0; i < 2; i++)
		memcpy(&halves[i], (const char *)&data[i] + offset, sizeof(halves[i]));
	return (uint64_t)halves[1] << 32 | halves[0];
}

static void set(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	for (int i = 0; i < 2; i++) {
		data[i].effective = (uint32_t)(effective >> (32 * i));
		data[i].permitted = (uint32_t)(permitted >> (32 * i));
		data[i].inheritable = (uint32_t)(inheritable >> (32 * i));
	}
	if (syscall(SYS_capset, &header, data) < 0)
		give_up_errno("setting capabilities");
}

void capabilities_use(uint64_t effective)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	if (syscall(SYS_capget, &header, data) < 0)
		give_up_errno("reading capabilities");
	uint64_t permitted = whole(data, offsetof(struct __user_cap_data_struct, permitted));
	uint64_t inheritable = whole(data, offsetof(struct __user_cap_data_struct, inheritable));
	set(effective & permitted, permitted, inheritable);
}

void capabilities_set(const struct capabilities *wanted)
{
	set(wanted->effective, wanted->permitted, wanted->inheritable);
	for (unsigned number = 0; number < NAMES; number++) {
		if (wanted->ambient & bit(number) &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0) < 0)
			give_up_errno("raising CAP_%s to ambient", names[number]);
	}
}
