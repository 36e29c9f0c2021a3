/*
 * Who connects to control.sock: the CRI service, for as long as the container lives, and each `attach`.
 * Both ways go frames: a type, three bytes of zero, a little-endian length, and as many bytes.
 */
#ifndef SANDGLASS_SHIM_CLIENTS_H
#define SANDGLASS_SHIM_CLIENTS_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_HEADER 8
#define FRAME_SIZE_MAX (32 * 1024)

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

/* Adds what there is to wait for; returns how many. */
size_t clients_poll(struct pollfd *polled);
void clients_serve(const struct pollfd *polled, size_t count);
void clients_accept(int listener);
/* False while one of them has yet to take what it was sent before. */
bool clients_have_room(uint8_t stream);
void clients_output(uint8_t stream, const uint8_t *bytes, size_t length);
/* To those who wait; `drained`: to those who are attached, too. */
void clients_exit(const char *text, bool drained);
/* Blocks until they have taken it all, or gone. */
void clients_drain(void);

#endif
