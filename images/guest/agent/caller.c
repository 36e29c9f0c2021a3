#include "guest.h"
#include "caller.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "channel.h"
#include "memory-files.h"
#include "wire.h"

void caller_init(struct caller *caller)
{
	*caller = (struct caller){ .streams = { -1, -1, -1 }, .terminal_fd = -1 };
	caller->terminal.fd = -1;
	file_input_init(&caller->file);
}

void caller_free(struct caller *caller)
{
	terminal_restore(&caller->terminal);
	for (int i = 0; i < 3; i++) {
		if (caller->streams[i] >= 0)
			close(caller->streams[i]);
	}
	file_input_end(&caller->file);
	if (caller->terminal_fd >= 0)
		close(caller->terminal_fd);
	caller_forget_message(caller);
}

void caller_forget_message(struct caller *caller)
{
	free(caller->message);
	caller->message = NULL;
}

bool caller_complete(const struct caller *caller)
{
	return caller->streams[0] >= 0 && caller->streams[1] >= 0 && caller->streams[2] >= 0;
}

/* ---- Messages ---- */

/* The descriptors that came with a message. Any beyond the three that we expect are closed. */
static void take_descriptors(struct caller *caller, struct msghdr *message)
{
	for (struct cmsghdr *control = CMSG_FIRSTHDR(message); control;
	     control = CMSG_NXTHDR(message, control)) {
		if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS)
			continue;
		size_t count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(control) + i * sizeof(int), sizeof(int));
			if (i < 3 && caller->streams[i] < 0 && !caller->requested)
				caller->streams[i] = fd;
			else
				close(fd);
		}
	}
}

static ssize_t receive_some(struct caller *caller, int socket, void *into, size_t length)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(3 * sizeof(int))];
	} control;
	struct iovec part = { .iov_base = into, .iov_len = length };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t count = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (count >= 0)
		take_descriptors(caller, &message);
	return count;
}

static bool message_fits(const struct caller *caller)
{
	uint32_t length = caller->header.length;
	return caller->header.type == HOSTCALL_REQUEST ? !caller->requested && length <= HOSTCALL_REQUEST_MAX
						       : caller->requested && length == sizeof(caller->value);
}

int caller_receive(struct caller *caller, int socket)
{
	const uint32_t head = sizeof(caller->header);
	for (;;) {
		uint32_t wanted = head;
		uint8_t *into = (uint8_t *)&caller->header;
		if (caller->received >= head) {
			wanted = caller->header.length;
			into = caller->message ? caller->message + CALLER_HEADER_SIZE
					       : (uint8_t *)&caller->value;
		}
		uint32_t have = caller->received < head ? caller->received : caller->received - head;
		if (have == wanted && caller->received >= head) {
			caller->received = 0;
			return 1;
		}
		ssize_t count = receive_some(caller, socket, into + have, wanted - have);
		if (count < 0 && (errno == EAGAIN || errno == EINTR))
			return 0;
		if (count <= 0)
			return -1;
		caller->received += (uint32_t)count;
		if (caller->received != head || have >= head)
			continue;
		if (!message_fits(caller))
			return -1;
		if (caller->header.type == HOSTCALL_REQUEST) {
			caller->message = malloc(CALLER_HEADER_SIZE + caller->header.length);
			if (!caller->message)
				return -1;
		}
	}
}

/* ---- Streams ---- */

/*
 * The caller's descriptors share their flags with other programs, a shell for one, so they must not be
 * made non-blocking: a pipe or a device is opened once more for ourselves.
 */
static int own_descriptor(int fd, int mode, enum flow_type *type)
{
	struct stat status;
	char path[32];
	*type = FLOW_PIPE;
	if (fstat(fd, &status) < 0)
		return fd;
	if (S_ISSOCK(status.st_mode))
		*type = FLOW_SOCKET;
	if (S_ISREG(status.st_mode) || S_ISBLK(status.st_mode))
		*type = FLOW_FILE;
	if (*type != FLOW_PIPE)
		return fd;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	int own = open(path, mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (own < 0)
		return fd; /* Such as a pipe that nobody reads: writing to it fails, it does not wait. */
	close(fd);
	return own;
}

void caller_find_terminal(struct caller *caller)
{
	for (int i = 0; i < 3; i++) {
		if (!isatty(caller->streams[i]))
			continue;
		caller->terminals |= 1u << i;
		if (caller->terminal_fd < 0)
			caller->terminal_fd = fcntl(caller->streams[i], F_DUPFD_CLOEXEC, 3);
	}
	caller->terminal.fd = caller->terminal_fd;
}

/* Puts a child between a file and the channel. Without one the stream ends, and says why. */
static void slow_input(struct caller *caller, struct channel *channel, int file)
{
	int data = file_input_start(&caller->file, file);
	int error = errno;
	close(file);
	if (data >= 0) {
		channel_outflow(channel, 0, data, FLOW_PIPE);
		return;
	}
	frame_begin(FRAME_END, 0, channel->id);
	put_u32((uint32_t)error);
	frame_end();
}

void caller_streams(struct caller *caller, struct channel *channel)
{
	enum flow_type type;
	for (uint8_t i = 0; i < 3; i++) {
		int fd = own_descriptor(caller->streams[i], i == 0 ? O_RDONLY : O_WRONLY, &type);
		caller->streams[i] = -1;
		if (i == 0 && type == FLOW_FILE && !lies_in_memory(fd))
			slow_input(caller, channel, fd);
		else if (i == 0)
			channel_outflow(channel, i, fd, type);
		else
			channel_inflow(channel, i, fd, type);
	}
}

/* ---- The terminal ---- */

static void apply(struct terminal *terminal)
{
	bool raw = terminal->raw_wanted && !terminal->background;
	struct termios settings;
	if (terminal->fd < 0 || raw == terminal->raw)
		return;
	if (raw) {
		if (tcgetattr(terminal->fd, &terminal->before) < 0)
			return;
		settings = terminal->before;
		cfmakeraw(&settings);
	} else {
		settings = terminal->before;
	}
	/* Not TCSADRAIN: nothing here may wait for a terminal that takes no output. */
	tcsetattr(terminal->fd, TCSANOW, &settings);
	terminal->raw = raw;
}

void terminal_set_raw(struct terminal *terminal, bool raw)
{
	terminal->raw_wanted = raw;
	apply(terminal);
}

void terminal_leave(struct terminal *terminal)
{
	terminal->background = true;
	apply(terminal);
}

void terminal_return(struct terminal *terminal)
{
	terminal->background = false;
	apply(terminal);
}

void terminal_restore(struct terminal *terminal)
{
	terminal_set_raw(terminal, false);
}

bool terminal_size_changed(struct terminal *terminal, struct winsize *size)
{
	if (terminal->fd < 0 || ioctl(terminal->fd, TIOCGWINSZ, size) < 0)
		return false;
	bool changed = size->ws_col != terminal->size.ws_col || size->ws_row != terminal->size.ws_row;
	terminal->size = *size;
	return changed;
}
