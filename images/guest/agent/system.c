/* The machine as a whole: who it is, what it has, and being put to sleep. */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "channel.h"
#include "kinds.h"
#include "protocol.h"
#include "random-pool.h"
#include "settings.h"
#include "task.h"
#include "wire.h"

/* ---- Identity ---- */

/* A file of /etc that holds one line. */
static int write_line(const char *path, const char *text, mode_t mode)
{
	char line[HOST_NAME_MAX + 2];
	int length = snprintf(line, sizeof(line), "%s\n", text);
	if ((size_t)length >= sizeof(line))
		return EINVAL;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	if (fd < 0)
		return errno;
	int error = write(fd, line, (size_t)length) != length ? errno : 0;
	close(fd);
	return error;
}

/* Copies, with the new word wherever the old one stands for itself. See hosts(5). */
static void copy_renaming(FILE *to, const char *text, const char *old, const char *new)
{
	while (*text) {
		size_t length = strcspn(text, " \t\n");
		bool is_old = length > 0 && length == strlen(old) && memcmp(text, old, length) == 0;
		fprintf(to, "%.*s", is_old ? (int)strlen(new) : (int)length, is_old ? new : text);
		text += length;
		length = strspn(text, " \t\n");
		fprintf(to, "%.*s", (int)length, text);
		text += length;
	}
}

/* A node finds its own address under its name. */
static int rename_in_hosts(const char *old, const char *new)
{
	char text[4096];
	int fd = open("/etc/hosts", O_RDWR | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r+");
	if (!file)
		return errno == ENOENT ? 0 : errno;
	size_t length = fread(text, 1, sizeof(text) - 1, file);
	text[length] = 0;
	int error = length == sizeof(text) - 1 ? EFBIG : 0;
	if (!error) {
		rewind(file);
		copy_renaming(file, text, old, new);
		if (fflush(file) != 0 || ftruncate(fd, ftell(file)) < 0)
			error = errno;
	}
	fclose(file);
	return error;
}

static int set_hostname(const char *name, const char **step)
{
	struct utsname names;
	uname(&names);
	*step = "set the host name";
	if (sethostname(name, strlen(name)) < 0)
		return errno;
	*step = "write /etc/hostname";
	int error = write_line("/etc/hostname", name, 0644);
	if (error)
		return error;
	*step = "write /etc/hosts";
	return rename_in_hosts(names.nodename, name);
}

/*
 * virtio_net takes a new address while it is up, and then keeps its routes too. Others want to be down
 * for it: their addresses stay. See netdevice(7).
 */
static int set_hardware_address(const char *interface, const uint8_t *address)
{
	struct ifreq request = { 0 };
	int error = 0;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno;
	memcpy(request.ifr_name, interface, strnlen(interface, IFNAMSIZ - 1));
	request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
	memcpy(request.ifr_hwaddr.sa_data, address, 6);
	if (ioctl(fd, SIOCSIFHWADDR, &request) < 0) {
		struct ifreq flags = request;
		error = errno;
		if (error == EBUSY && ioctl(fd, SIOCGIFFLAGS, &flags) == 0) {
			flags.ifr_flags &= ~IFF_UP;
			ioctl(fd, SIOCSIFFLAGS, &flags);
			error = ioctl(fd, SIOCSIFHWADDR, &request) < 0 ? errno : 0;
			flags.ifr_flags |= IFF_UP;
			ioctl(fd, SIOCSIFFLAGS, &flags);
		}
	}
	close(fd);
	return error;
}

void identity_open(uint32_t id, struct reader *reader)
{
	uint32_t what = take_u32(reader);
	struct timespec time = { .tv_sec = (time_t)take_u64(reader) };
	time.tv_nsec = (long)take_u32(reader);
	uint32_t entropy_length = take_u32(reader);
	const uint8_t *entropy = take_bytes(reader, entropy_length);
	const char *hostname = take_string(reader);
	const char *machine_id = take_string(reader);
	const char *interface = take_string(reader);
	const uint8_t *address = take_bytes(reader, 6);
	if (!taken_whole(reader))
		return;
	const char *step = "";
	int error = 0;
	if (what & IDENTITY_TIME && clock_settime(CLOCK_REALTIME, &time) < 0) {
		error = errno;
		step = "set the clock";
	}
	if (!error && what & IDENTITY_ENTROPY) {
		error = entropy_length > ENTROPY_MAX ? EINVAL : add_entropy(entropy, entropy_length);
		step = "add entropy";
	}
	if (!error && what & IDENTITY_HOSTNAME)
		error = set_hostname(hostname, &step);
	if (!error && what & IDENTITY_MACHINE_ID) {
		error = write_line("/etc/machine-id", machine_id, 0444);
		step = "write /etc/machine-id";
	}
	if (!error && what & IDENTITY_HARDWARE_ADDRESS) {
		error = set_hardware_address(interface, address);
		step = "set the hardware address";
	}
	if (error) {
		reply_error(id, error, step);
		return;
	}
	reply_begin(id);
	frame_end();
}

/* ---- Facts ---- */

/* KiB of a line of /proc/meminfo, such as "MemFree:". See proc(5). */
static uint64_t memory_kib(const char *name)
{
	char text[2048];
	int fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	if (length <= 0)
		return 0;
	text[length] = 0;
	const char *line = strstr(text, name);
	return line ? strtoull(line + strlen(name), NULL, 10) : 0;
}

static void put_time(clockid_t clock)
{
	struct timespec time = { 0 };
	clock_gettime(clock, &time);
	put_u64((uint64_t)time.tv_sec);
	put_u32((uint32_t)time.tv_nsec);
}

void facts_open(uint32_t id, struct reader *reader)
{
	struct utsname names;
	if (!taken_whole(reader))
		return;
	uname(&names);
	reply_begin(id);
	put_string(names.release);
	put_string(names.version);
	put_string(names.machine);
	put_string(names.nodename);
	put_u64(memory_kib("MemTotal:") * 1024);
	put_u64(memory_kib("MemAvailable:") * 1024);
	put_time(CLOCK_BOOTTIME);
	put_time(CLOCK_REALTIME);
	frame_end();
}

/* ---- Snapshots ---- */

/* Memory that zeroing leaves to the kernel and to everyone else, in KiB. */
#define SPARE_KIB (4 * 1024)
/* The most and the least that is worth taking at once, in KiB. */
#define ZEROING_MOST_KIB (256 * 1024)
#define ZEROING_LEAST_KIB 512

/* The kernel zeroes each page that we touch. Should it run out of memory, we are the first that it kills. */
_Noreturn static void fill_free_memory(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	write_setting("/proc/self/oom_score_adj", "1000");
	for (;;) {
		uint64_t free = memory_kib("MemFree:");
		uint64_t size = free > SPARE_KIB ? free - SPARE_KIB : 0;
		if (size > ZEROING_MOST_KIB)
			size = ZEROING_MOST_KIB;
		if (size < ZEROING_LEAST_KIB)
			break;
		void *zeros = mmap(NULL, (size_t)size * 1024, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE | MAP_NORESERVE, -1, 0);
		if (zeros == MAP_FAILED)
			break;
	}
	_exit(0);
}

/* A snapshot leaves out pages of zeros, but free pages keep what was in them last. */
static int empty_memory(const void *argument)
{
	const uint32_t *keep_caches = argument;
	if (!*keep_caches) {
		sync();
		write_setting("/proc/sys/vm/drop_caches", "3");
	}
	pid_t pid = fork();
	if (pid == 0)
		fill_free_memory();
	return pid < 0 || waitpid(pid, NULL, 0) < 0 ? errno : 0;
}

void prepare_snapshot_open(uint32_t id, struct reader *reader)
{
	uint32_t keep_caches = take_u32(reader);
	if (taken_whole(reader))
		task_run(id, empty_memory, &keep_caches);
}
