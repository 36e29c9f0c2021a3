/*
 * The VM's sockets, as Firecracker offers them ("hybrid vsock"): whoever connects to a Unix socket says
 * `CONNECT <port>\n`, is told `OK <number>\n` once the VM's side is open, and from there on speaks with it.
 */
#ifndef VMM_VSOCK_H
#define VMM_VSOCK_H

#include "link.h"
#include "turns.h"

/* Bytes that each side may send before it is given more. */
#define VSOCK_WINDOW 65536

/* -1 and errno if it cannot listen there. */
int vsock_listen(const char *path);
void vsock_watch(void);
/* A frame from the host. One of a connection that is no more is nobody's. */
void vsock_frame(struct worker *worker, const struct frame *frame);
/* To be called when no event is at hand that may speak of them. */
void vsock_forget_closed(void);
/* Takes the socket's name away. */
void vsock_unlink(void);

#endif
