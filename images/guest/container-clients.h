/*
 * Who connects to a container's control.sock: the CRI service, for as long as the container lives, and
 * each `attach`. Both ways go frames (frames.h).
 */
#ifndef SANDGLASS_CONTAINER_CLIENTS_H
#define SANDGLASS_CONTAINER_CLIENTS_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a frame's payload. */
#define CLIENT_FRAME_MAX (32 * 1024)

/* From a client. ATTACH, STDIN and STDIN_END are not answered, the others each with one ACK. */
#define SHIM_ATTACH 'a'	    /* u8: 2 for standard output, 4 for error output */
#define SHIM_STDIN 'i'	    /* bytes */
#define SHIM_STDIN_END 'e'  /* the container reads the end of its input */
#define SHIM_RESIZE 'r'	    /* u16 columns, u16 rows */
#define SHIM_REOPEN_LOG 'l' /* the log file has been renamed */
#define SHIM_KILL 'k'	    /* u32 signal, u32 1 for all processes of the container */
#define SHIM_DELETE 'd'	    /* after its end: forget it and end */
#define SHIM_WAIT 'w'	    /* send EXIT as soon as there is one */

/* To a client. */
#define SHIM_STDOUT 'o'
#define SHIM_STDERR 'E'
#define SHIM_ACK 'A'  /* i32 errno or exit code, and a text */
#define SHIM_EXIT 'x' /* the exit file's text; to an attached client after all output */

#define CLIENTS_MAX 32

/* A code that is none: clients_answer() will give it, and until then no more is taken from the client. */
#define CLIENTS_LATER INT32_MIN

/* What the clients' container does. Those with a `client` give a code for its ACK, or CLIENTS_LATER. */
struct clients_service {
	int32_t (*resize)(void *container, uint32_t client, uint16_t columns, uint16_t rows);
	int32_t (*kill)(void *container, uint32_t client, int signal, bool all);
	/* The text, of at most `size` bytes with its zero, goes with the code. */
	int32_t (*delete)(void *container, uint32_t client, char *text, size_t size);
	int32_t (*reopen_log)(void *container);
	/* Takes what fits; the rest is offered again. */
	size_t (*feed_stdin)(void *container, const uint8_t *bytes, size_t length);
	void (*close_stdin)(void *container);
};

/* Of one container; its members are its own but for the first two, which its owner sets. */
struct clients {
	const struct clients_service *service;
	void *container;
	struct client *list[CLIENTS_MAX];
	uint32_t last_number;
	/* The exit file's text, once there is one, and whether all output came before. */
	const char *exit_text;
	bool output_ended;
	bool ending;
};

/* Adds what there is to wait for, at most CLIENTS_MAX; returns how many. */
size_t clients_poll(const struct clients *clients, struct pollfd *polled);
void clients_serve(struct clients *clients, const struct pollfd *polled, size_t count);
void clients_accept(struct clients *clients, int listener);
/* False while one of them has yet to take what it was sent before. */
bool clients_have_room(const struct clients *clients, uint8_t stream);
bool clients_any(const struct clients *clients);
/* Whether one of them gets the container's output. */
bool clients_attached(const struct clients *clients);
void clients_output(struct clients *clients, uint8_t stream, const uint8_t *bytes, size_t length);
/* To those who wait; `drained`: to those who are attached, too. The text remains the caller's. */
void clients_exit(struct clients *clients, const char *text, bool drained);
/* Unless the client has gone meanwhile. */
void clients_answer(struct clients *clients, uint32_t client, int32_t code, const char *text);
/* Nothing more is taken from them, and each goes when it has taken all that it was sent. */
void clients_end(struct clients *clients);
void clients_drop_all(struct clients *clients);

#endif
