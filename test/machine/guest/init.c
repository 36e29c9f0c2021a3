/*
 * The guest of the machine tests: PID 1 and nothing else. Reads commands from ttyS0, one a line,
 * `<id> <command> <arguments>`; runs each in a process of its own, which prints `[<id>] …` lines.
 * Depends on the kernel only: virtio console, net and 9P, devtmpfs.
 */
#include "linux.h"

static const char *id;

static void say(const char *text, ...)
{
	char line[512] = "[", *end = line + 1;
	va_list args;

	for (const char *s = id; *s;)
		*end++ = *s++;
	*end++ = ']';
	*end++ = ' ';
	va_start(args, text);
	end = format(end, text, args);
	va_end(args);
	*end++ = '\n';
	write(1, line, end - line);
}

/* A result that is no error; otherwise says so and ends the process. */
static long checked(const char *what, long result)
{
	if (result >= 0)
		return result;
	say("failed: %s: errno %u", what, (uint32_t)-result);
	exit(1);
}

static int open_port(const char *port)
{
	/* /dev/vportNp<port>; N is the order in which the kernel found virtio devices. */
	char path[] = "/dev/vport0p0";

	path[12] = port[0];
	for (; path[10] <= '9'; path[10]++) {
		long fd = open(path, O_RDWR);
		if (fd != -2) /* ENOENT */
			return checked(path, fd);
	}
	return checked("port", -2);
}

static void write_all(int fd, const uint8_t *bytes, size_t count)
{
	while (count > 0) {
		long written = checked("write", write(fd, bytes, count));
		bytes += written;
		count -= written;
	}
}

/* The byte at a position of the streams that tests send: no period that a lost page would hide. */
static uint8_t pattern(uint32_t at)
{
	return at * 31 + (at >> 8) * 7 + (at >> 16) * 3;
}

static uint8_t buffer[1 << 20];

/* Takes `total` bytes of the pattern, or up to the end of the file. */
static uint32_t check_pattern(int fd, uint32_t total)
{
	uint32_t at = 0;

	while (at < total) {
		long count = checked("read", read(fd, buffer, sizeof buffer));
		if (count == 0)
			break;
		for (long i = 0; i < count; i++, at++)
			if (buffer[i] != pattern(at)) {
				say("wrong at %u", at);
				exit(1);
			}
	}
	return at;
}

static void echo(const char *port)
{
	int fd = open_port(port);
	long count;

	say("open");
	while ((count = checked("read", read(fd, buffer, 65536))) > 0)
		write_all(fd, buffer, count);
}

static void sink(const char *port, uint32_t total)
{
	int fd = open_port(port);

	say("open");
	say("received %u", check_pattern(fd, total));
}

static void source(const char *port, uint32_t total)
{
	int fd = open_port(port);

	say("open");
	for (uint32_t at = 0; at < total;) {
		uint32_t count = total - at < 65536 ? total - at : 65536;
		for (uint32_t i = 0; i < count; i++)
			buffer[i] = pattern(at + i);
		write_all(fd, buffer, count);
		at += count;
	}
	say("sent %u", total);
	pause(); /* closing the port would drop what the host has not taken */
}

/* Takes one byte and closes the port. */
static void close_after_one(const char *port)
{
	int fd = open_port(port);

	say("open");
	read(fd, buffer, 1);
}

/* Answers each byte with MXCSR, which this process has set and nobody else may change. */
static void mxcsr(const char *port)
{
	uint32_t value = 0x7f80; /* all masked, round toward zero */
	uint8_t byte;
	int fd = open_port(port);

	__asm__ volatile("ldmxcsr %0" : : "m"(value));
	say("open");
	while (read(fd, &byte, 1) == 1) {
		__asm__ volatile("stmxcsr %0" : "=m"(value));
		write_all(fd, (uint8_t *)&value, 4);
	}
}

static void mount_9p(const char *options)
{
	mkdir("/mnt");
	checked("mount", mount("host9p", "/mnt", "9p", options));
	say("mounted");
}

static void read_file(const char *path, const char *seconds)
{
	int fd = checked("open", open(path, O_RDONLY));

	if (seconds)
		alarm(number(seconds)); /* kills us in the read; the kernel then sends a Tflush */
	say("read %u", check_pattern(fd, -1));
}

static void interface(int request, struct ifreq *what)
{
	memcpy(what->name, "eth0", 5);
	checked("ioctl", ioctl(socket(AF_INET, SOCK_DGRAM), request, what));
}

static void interface_up(const char *address)
{
	struct ifreq set_address = { .internet = { AF_INET, 0, __builtin_bswap32(number(address)) } };
	struct ifreq set_flags = { .flags = 0x41 }; /* IFF_UP | IFF_RUNNING */

	interface(0x8916, &set_address);
	interface(0x8914, &set_flags);
	say("up");
}

static void set_mac(const char *text)
{
	struct ifreq what = { .hardware = { 1 /* ARPHRD_ETHER */, { 0 } } };

	for (int i = 0; i < 6; i++, text += 3) {
		char pair[] = { '0', 'x', text[0], text[1], 0 };
		what.hardware.address[i] = number(pair);
	}
	interface(0x8924, &what);
	say("set");
}

static void show_file(const char *path)
{
	int fd = checked(path, open(path, O_RDONLY));
	long count = checked(path, read(fd, buffer, 255));

	while (count > 0 && buffer[count - 1] == '\n')
		count--;
	buffer[count] = 0;
	say("%s", buffer);
}

static uint32_t milliseconds(int clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (uint32_t)time.seconds * 1000 + (uint32_t)time.nanoseconds / 1000000;
}

static void nap(uint32_t count, uint32_t microseconds)
{
	struct timespec time = { 0, microseconds * 1000 };

	for (uint32_t i = 0; i < count; i++)
		clock_nanosleep(1, &time);
	say("napped %u", count);
}

static void run(const char *command, const char *first, const char *second)
{
	if (same(command, "ping"))
		say("pong");
	else if (same(command, "echo"))
		echo(first);
	else if (same(command, "sink"))
		sink(first, number(second));
	else if (same(command, "source"))
		source(first, number(second));
	else if (same(command, "close"))
		close_after_one(first);
	else if (same(command, "mxcsr"))
		mxcsr(first);
	else if (same(command, "mount"))
		mount_9p(first);
	else if (same(command, "read"))
		read_file(first, second);
	else if (same(command, "up"))
		interface_up(first);
	else if (same(command, "setmac"))
		set_mac(first);
	else if (same(command, "show"))
		show_file(first);
	else if (same(command, "clocks"))
		say("%u %u", milliseconds(0), milliseconds(1));
	else if (same(command, "nap"))
		nap(number(first), number(second));
	else if (same(command, "spin"))
		for (;;)
			;
	else if (same(command, "halt"))
		reboot(0xcdef0123);
	else if (same(command, "poweroff"))
		reboot(0x4321fedc);
	else if (same(command, "restart"))
		reboot(0x01234567);
	else
		say("unknown command %s", command);
	exit(0);
}

static void set_up(void)
{
	struct termios mode;

	mkdir("/proc");
	mkdir("/sys");
	mount("dev", "/dev", "devtmpfs", "");
	mount("proc", "/proc", "proc", "");
	mount("sys", "/sys", "sysfs", "");
	int console = open("/dev/ttyS0", O_RDWR);
	for (int fd = 0; fd < 3; fd++)
		dup2(console, fd);
	ioctl(0, 0x5401, &mode); /* TCGETS */
	mode.local &= ~8; /* ECHO */
	mode.output &= ~4; /* ONLCR */
	ioctl(0, 0x5402, &mode); /* TCSETS */
	signal(SIGCHLD, SIG_IGN);
}

static int main(void)
{
	static char line[256];
	long count;

	set_up();
	write(1, "READY\n", 6);
	while ((count = read(0, line, sizeof line - 1)) > 0) { /* canonical mode: a line a time */
		char *rest = line, *command, *first;
		line[count - 1] = 0;
		id = word(&rest);
		command = word(&rest);
		if (!command)
			continue;
		if (same(command, "die"))
			return 1; /* "Attempted to kill init!" */
		first = word(&rest);
		if (fork() == 0)
			run(command, first, word(&rest));
	}
	return 1;
}

__attribute__((force_align_arg_pointer)) void _start(void)
{
	exit(main());
}
