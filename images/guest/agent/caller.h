/* The side of a hostcall that is in the guest: its request, its standard streams, its terminal. */
#ifndef AGENT_CALLER_H
#define AGENT_CALLER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "file-input.h"
#include "hostcall.h"

struct channel;

/* Room in front of the request's body for what the agent adds to it. */
#define CALLER_HEADER_SIZE 28

struct terminal {
	int fd; /* one of the caller's, or -1; not owned */
	bool raw_wanted;
	bool raw;
	bool background; /* another job has it */
	struct termios before;
	struct winsize size;
};

struct caller {
	bool requested;
	bool placed; /* it has said whether its job has the terminal */
	int streams[3]; /* as passed; -1 once they have gone to the channel's flows */
	struct file_input file; /* of a standard input that may be slow */
	int terminal_fd;
	uint32_t terminals; /* a bit for each standard stream that is one */
	struct terminal terminal;
	/* The message that is being received. */
	struct hostcall_header header;
	uint32_t received;
	uint32_t value;
	uint8_t *message; /* of a request: CALLER_HEADER_SIZE bytes of room and the body */
};

void caller_init(struct caller *caller);
void caller_free(struct caller *caller);
/* Reads what is there of a message: 1 if one is whole, 0 if not yet, -1 if there will be none. */
int caller_receive(struct caller *caller, int socket);
/* Whether the request came with its three streams. */
bool caller_complete(const struct caller *caller);
void caller_forget_message(struct caller *caller);
void caller_find_terminal(struct caller *caller);
/* Puts the standard streams behind the channel's: input out, outputs in. */
void caller_streams(struct caller *caller, struct channel *channel);

void terminal_set_raw(struct terminal *terminal, bool raw);
/* The caller stops: another job gets the terminal as it was. */
void terminal_leave(struct terminal *terminal);
/* The caller goes on, with the terminal. */
void terminal_return(struct terminal *terminal);
void terminal_restore(struct terminal *terminal);
/* True if it has another size than when last asked. */
bool terminal_size_changed(struct terminal *terminal, struct winsize *size);

#endif
