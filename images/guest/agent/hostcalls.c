/*
 * Commands of the node that the host serves: `hostcall` connects, passes its standard streams and
 * waits; the agent moves the bytes. Standard input is read only as far as the host asks for it, so
 * that a command takes nothing from a shell's loop that it does not use.
 */
#include "guest.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "caller.h"
#include "channel.h"
#include "hostcall.h"
#include "kinds.h"
#include "loop.h"
#include "protocol.h"
#include "sockets.h"
#include "wire.h"

struct hostcall {
	struct channel channel;
	struct source socket; /* to the `hostcall` program */
	uint32_t service;     /* the channel that serves it */
	struct caller caller;
	bool ending; /* the host has given the exit code, and output may be under way */
	uint32_t end_type;
	uint32_t end_value;
};

static void tell(struct hostcall *call, uint32_t type, uint32_t value)
{
	struct {
		struct hostcall_header header;
		uint32_t value;
	} message = { { type, sizeof(value) }, value };
	/* Three dozen bytes always fit; if the program has died, its end of the socket will say so. */
	(void)!send(call->socket.fd, &message, sizeof(message), MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void hostcall_release(struct channel *channel, bool kill)
{
	struct hostcall *call = (struct hostcall *)channel;
	(void)kill;
	caller_free(&call->caller);
	loop_close(&call->socket);
	free(call);
}

/* The exit code is not given before the last byte of output. */
static void end_if_done(struct hostcall *call)
{
	if (!call->ending || call->channel.in[1] || call->channel.in[2])
		return;
	terminal_restore(&call->caller.terminal);
	tell(call, call->end_type, call->end_value);
	channel_close(&call->channel);
}

static void hostcall_inflow_ended(struct channel *channel, uint8_t stream, int error)
{
	(void)stream;
	(void)error;
	end_if_done((struct hostcall *)channel);
}

static void hostcall_replied(struct channel *channel, uint32_t error)
{
	struct hostcall *call = (struct hostcall *)channel;
	if (!error)
		return;
	tell(call, HOSTCALL_EXIT, HOSTCALL_UNAVAILABLE);
	channel_release(channel, false);
}

static void hostcall_control(struct channel *channel, uint8_t code, struct reader *reader)
{
	struct hostcall *call = (struct hostcall *)channel;
	uint32_t value = take_u32(reader);
	if (!taken_whole(reader))
		return;
	if (code == CONTROL_RAW) {
		terminal_set_raw(&call->caller.terminal, value != 0);
	} else if (code == CONTROL_EXIT || code == CONTROL_DIE) {
		call->ending = true;
		call->end_type = code == CONTROL_EXIT ? HOSTCALL_EXIT : HOSTCALL_DIE;
		call->end_value = value;
		end_if_done(call);
	}
}

/* The host wants input. From a terminal that belongs to another job, that stops us, as it stops anyone. */
static void hostcall_credit(struct channel *channel, uint8_t stream, uint32_t count)
{
	struct hostcall *call = (struct hostcall *)channel;
	if (stream == 0)
		file_input_demand(&call->caller.file, count);
	if (stream == 0 && call->caller.placed && channel->out[0] && channel->out[0]->paused)
		tell(call, HOSTCALL_STOP, SIGTTIN);
}

static int hostcall_verdict(struct channel *channel, uint8_t stream)
{
	struct hostcall *call = (struct hostcall *)channel;
	(void)stream; /* Input is the only one that goes out. */
	return call->caller.file.pidfd >= 0 ? file_input_verdict(&call->caller.file) : 0;
}

static void hostcall_outflow_ended(struct channel *channel, uint8_t stream, uint64_t sent)
{
	struct hostcall *call = (struct hostcall *)channel;
	(void)stream;
	(void)sent;
	file_input_end(&call->caller.file);
}

static const struct channel_kind hostcall_kind = {
	.replied = hostcall_replied,
	.control = hostcall_control,
	.credit = hostcall_credit,
	.outflow_verdict = hostcall_verdict,
	.outflow_ended = hostcall_outflow_ended,
	.inflow_ended = hostcall_inflow_ended,
	.release = hostcall_release,
};

/* ---- What the program says ---- */

static void send_size(struct hostcall *call)
{
	struct winsize size;
	if (!terminal_size_changed(&call->caller.terminal, &size))
		return;
	frame_begin(FRAME_CONTROL, CONTROL_RESIZE, call->channel.id);
	put_u16(size.ws_col);
	put_u16(size.ws_row);
	frame_end();
}

static void requested(struct hostcall *call)
{
	struct caller *caller = &call->caller;
	struct channel *channel = &call->channel;
	struct ucred credentials = { 0 };
	socklen_t length = sizeof(credentials);
	struct winsize size = { 0 };
	getsockopt(call->socket.fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length);
	caller_find_terminal(caller);
	terminal_size_changed(&caller->terminal, &size);
	uint8_t *at = caller->message;
	put_u32_at(at, KIND_HOSTCALL);
	put_u32_at(at + 4, call->service);
	put_u32_at(at + 8, (uint32_t)credentials.pid);
	put_u32_at(at + 12, credentials.uid);
	put_u32_at(at + 16, credentials.gid);
	put_u32_at(at + 20, caller->terminals);
	put_u16_at(at + 24, size.ws_col);
	put_u16_at(at + 26, size.ws_row);
	send_message(FRAME_OPEN, channel->id, at, CALLER_HEADER_SIZE + caller->header.length);
	caller_forget_message(caller);
	caller_streams(caller, channel);
	/* Until it says whether its job has the terminal. */
	if (channel->out[0] && caller->terminals & 1)
		outflow_pause(channel->out[0], true);
	inflow_start(channel->in[1]);
	inflow_start(channel->in[2]);
}

/* False if it was no message that makes sense. */
static bool hostcall_message(struct hostcall *call)
{
	struct caller *caller = &call->caller;
	struct outflow *input = call->channel.out[0];
	switch (caller->header.type) {
	case HOSTCALL_REQUEST:
		if (caller->requested || !caller_complete(caller))
			return false;
		caller->requested = true;
		requested(call);
		return true;
	case HOSTCALL_SIGNAL:
		if (caller->value == SIGWINCH) {
			send_size(call);
			return true;
		}
		frame_begin(FRAME_CONTROL, CONTROL_SIGNAL, call->channel.id);
		put_u32(caller->value);
		frame_end();
		return true;
	case HOSTCALL_STOPPING:
		terminal_leave(&caller->terminal);
		if (input && caller->terminals & 1)
			outflow_pause(input, true);
		tell(call, HOSTCALL_STOP, SIGSTOP);
		return true;
	case HOSTCALL_CONTINUED:
		caller->placed = true;
		if (caller->value)
			terminal_return(&caller->terminal);
		if (input && caller->terminals & 1)
			outflow_pause(input, !caller->value);
		if (input && input->paused && input->credit > 0)
			tell(call, HOSTCALL_STOP, SIGTTIN);
		send_size(call);
		return true;
	}
	return false;
}

static void socket_ready(struct source *source, uint32_t events)
{
	(void)events;
	struct hostcall *call = source->owner;
	int state = caller_receive(&call->caller, source->fd);
	if (state > 0 && !hostcall_message(call))
		state = -1;
	if (state >= 0)
		return;
	/* It has died, or is no hostcall. Its terminal must not stay raw. */
	terminal_restore(&call->caller.terminal);
	channel_close(&call->channel);
}

/* ---- The service ---- */

static void hostcall_accepted(struct listener *listener, int fd)
{
	struct hostcall *call = calloc(1, sizeof(*call));
	if (!call) {
		close(fd);
		return;
	}
	call->service = listener->channel.id;
	caller_init(&call->caller);
	call->socket = (struct source){ .fd = fd, .ready = socket_ready, .owner = call };
	channel_add(&call->channel, channel_new_id(), &hostcall_kind);
	loop_watch(&call->socket, EPOLLIN);
}

static void service_release(struct channel *channel, bool kill)
{
	struct listener *listener = (struct listener *)channel;
	(void)kill;
	listener_close(listener);
	free(listener);
}

static const struct channel_kind service_kind = { .release = service_release };

void serve_hostcalls_open(uint32_t id, struct reader *reader)
{
	if (!taken_whole(reader))
		return;
	struct address address = { .family = FAMILY_UNIX, .host = HOSTCALL_SOCKET };
	struct listener *listener = calloc(1, sizeof(*listener));
	/* Every user may call; the host is told who does. */
	int error = listener ? listener_open(listener, &address, 0666) : ENOMEM;
	if (error) {
		free(listener);
		reply_error(id, error, "");
		return;
	}
	listener->accepted = hostcall_accepted;
	channel_add(&listener->channel, id, &service_kind);
	reply_begin(id);
	frame_end();
}
