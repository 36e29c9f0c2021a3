/* Linux/i386 without a C library: what init.c needs of it. Numbers: arch/x86/entry/syscalls/syscall_32.tbl. */
#ifndef TEST_GUEST_LINUX_H
#define TEST_GUEST_LINUX_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

static long call5(long number, long a, long b, long c, long d, long e)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
			 : "memory");
	return result;
}

#define call3(number, a, b, c) call5(number, (long)(a), (long)(b), (long)(c), 0, 0)

#define exit(status) (call3(1, status, 0, 0), __builtin_unreachable())
#define fork() call3(2, 0, 0, 0)
#define read(fd, bytes, count) call3(3, fd, bytes, count)
#define write(fd, bytes, count) call3(4, fd, bytes, count)
#define open(path, flags) call3(5, path, flags, 0)
#define mount(source, target, type, options) \
	call5(21, (long)(source), (long)(target), (long)(type), 0, (long)(options))
#define alarm(seconds) call3(27, seconds, 0, 0)
#define pause() call3(29, 0, 0, 0)
#define mkdir(path) call3(39, path, 0755, 0)
#define signal(number, action) call3(48, number, action, 0)
#define ioctl(fd, request, argument) call3(54, fd, request, argument)
#define dup2(from, to) call3(63, from, to, 0)
#define reboot(command) call5(88, 0xfee1dead, 672274793, command, 0, 0)
#define socket(family, type) call3(359, family, type, 0)
#define clock_gettime(clock, time) call3(403, clock, time, 0)
#define clock_nanosleep(clock, time) call5(407, clock, 0, (long)(time), 0, 0)

#define O_RDONLY 0
#define O_RDWR 2
#define AF_INET 2
#define SOCK_DGRAM 2
#define SIGCHLD 17
#define SIG_IGN 1

struct timespec {
	int64_t seconds;
	int64_t nanoseconds;
};

struct ifreq {
	char name[16];
	union {
		struct {
			uint16_t family;
			uint8_t address[14];
		} hardware;
		struct {
			uint16_t family;
			uint16_t port;
			uint32_t address;
		} internet;
		uint16_t flags;
		uint8_t all[16];
	};
};

struct termios {
	uint32_t input, output, control, local;
	uint8_t line, characters[19];
};

static inline int same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

/* Called by the compiler too. */
void *memcpy(void *to, const void *from, size_t count)
{
	uint8_t *target = to;
	const uint8_t *source = from;

	while (count--)
		*target++ = *source++;
	return to;
}

void *memset(void *to, int value, size_t count)
{
	uint8_t *target = to;

	while (count--)
		*target++ = value;
	return to;
}

/* Decimal, or hexadecimal after 0x. */
static uint32_t number(const char *text)
{
	uint32_t value = 0, base = 10;

	if (text[0] == '0' && text[1] == 'x')
		base = 16, text += 2;
	for (; *text; text++)
		value = value * base + (*text <= '9' ? *text - '0' : (*text | 32) - 'a' + 10);
	return value;
}

/* Cuts the next word off a line; NULL at its end. */
static char *word(char **line)
{
	char *start = *line;

	while (*start == ' ')
		start++;
	if (!*start)
		return NULL;
	for (*line = start; **line && **line != ' ';)
		++*line;
	if (**line)
		*(*line)++ = 0;
	return start;
}

/* %s, %u, %x; returns the end. */
static char *format(char *to, const char *text, va_list args)
{
	for (; *text; text++) {
		if (*text != '%') {
			*to++ = *text;
			continue;
		}
		if (*++text == 's') {
			for (const char *s = va_arg(args, const char *); *s;)
				*to++ = *s++;
		} else {
			uint32_t base = *text == 'x' ? 16 : 10, value = va_arg(args, uint32_t);
			char digits[12];
			int count = 0;
			do
				digits[count++] = "0123456789abcdef"[value % base];
			while (value /= base);
			while (count)
				*to++ = digits[--count];
		}
	}
	return to;
}

#endif
