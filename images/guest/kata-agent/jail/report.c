#include "guest.h"
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "jail.h"
#include "words.h"

enum report_kind { REPORT_READY, REPORT_FAILED };

struct report {
	uint32_t kind;
	char words[1020];
};

union control {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(int))];
};

static int channel = -1;

void report_through(int end)
{
	channel = end;
}

static void tell(const struct report *report, size_t length, int descriptor)
{
	union control control = { 0 };
	struct iovec bytes = { .iov_base = (void *)(uintptr_t)report, .iov_len = length };
	struct msghdr message = { .msg_iov = &bytes, .msg_iovlen = 1 };
	if (descriptor >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &descriptor, sizeof(descriptor));
	}
	while (sendmsg(channel, &message, MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

_Noreturn static void tell_failure(struct report *report)
{
	report->kind = REPORT_FAILED;
	tell(report, sizeof(*report), -1);
	_exit(127);
}

void give_up(const char *format, ...)
{
	struct report report = { 0 };
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(report.words, sizeof(report.words), format, arguments);
	va_end(arguments);
	tell_failure(&report);
}

void give_up_errno(const char *format, ...)
{
	int number = errno;
	struct report report = { 0 };
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(report.words, sizeof(report.words), format, arguments);
	va_end(arguments);
	const size_t room = sizeof(report.words);
	if (length >= 0 && (size_t)length < room)
		snprintf(report.words + length, room - (size_t)length, ": %s", errno_words(number));
	tell_failure(&report);
}

void report_ready(int terminal)
{
	struct report report = { .kind = REPORT_READY };
	tell(&report, sizeof(report.kind), terminal);
}

void wait_for_start(void)
{
	char word;
	ssize_t got;
	do
		got = read(channel, &word, 1);
	while (got < 0 && errno == EINTR);
	if (got != 1)
		_exit(127);
}

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static enum jail_stage finish(struct jail_process *process, enum jail_stage stage)
{
	close_end(&process->report);
	if (stage == JAIL_FAILED) {
		if (process->out == process->in)
			process->out = -1;
		close_end(&process->in);
		close_end(&process->out);
		close_end(&process->err);
	}
	return process->stage = stage;
}

static void take_terminal(struct jail_process *process, struct msghdr *message)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(message);
	if (!header || header->cmsg_type != SCM_RIGHTS)
		return;
	int terminal;
	memcpy(&terminal, CMSG_DATA(header), sizeof(terminal));
	fcntl(terminal, F_SETFL, O_RDWR | O_NONBLOCK);
	process->in = process->out = terminal;
}

/* 1 with a report, 0 without one yet, -1 if there will be none any more. */
static int receive(struct jail_process *process, struct report *report)
{
	union control control;
	struct iovec bytes = { .iov_base = report, .iov_len = sizeof(*report) };
	struct msghdr message = { .msg_iov = &bytes,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	ssize_t got;
	do
		got = recvmsg(process->report, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got <= 0)
		return got < 0 && errno == EAGAIN ? 0 : -1;
	take_terminal(process, &message);
	return 1;
}

/* Its end of the report is closed: by execve(2), or by its own end. */
static enum jail_stage hear_end(struct jail_process *process, char *error, size_t size)
{
	if (process->ready && process->started)
		return finish(process, JAIL_RUNNING);
	/* runc: "container init was OOM-killed (memory limit too low?)" */
	snprintf(error, size, "%s",
		 process->ready ? "it was killed before it was started" :
				  "it was killed while it was being prepared (memory limit too low?)");
	return finish(process, JAIL_FAILED);
}

enum jail_stage jail_hear(struct jail_process *process, char *error, size_t size)
{
	while (process->report >= 0) {
		struct report report = { 0 };
		int heard = receive(process, &report);
		if (heard == 0)
			break;
		if (heard < 0)
			return hear_end(process, error, size);
		if (report.kind == REPORT_FAILED) {
			snprintf(error, size, "%s", report.words);
			return finish(process, JAIL_FAILED);
		}
		process->ready = true;
		if (!process->started)
			process->stage = JAIL_CREATED;
	}
	return process->stage;
}

static int64_t milliseconds_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

enum jail_stage jail_await(struct jail_process *process, int milliseconds, char *error, size_t size)
{
	enum jail_stage before = process->stage;
	int64_t end = milliseconds_now() + milliseconds;
	while (jail_hear(process, error, size) == before && process->report >= 0) {
		int64_t left = end - milliseconds_now();
		if (left <= 0)
			break;
		struct pollfd report = { .fd = process->report, .events = POLLIN };
		poll(&report, 1, (int)left);
	}
	return process->stage;
}
