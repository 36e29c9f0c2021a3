/* The streams of a process, as far as a call asks: a read waits for data, a write for room, and nothing is kept. */
#ifndef KATA_STREAMS_H
#define KATA_STREAMS_H

#include "processes.h"

void stream_init(struct stream *stream, struct process *process);
/* Takes the descriptor, non-blocking; -1 for none. */
void stream_open(struct stream *stream, int fd);
/* Answers the ReadStdout or ReadStderr when there is data; at the end it fails. */
void stream_read(struct stream *stream, struct call *call);
/* Answers the WriteStdin when all of it was taken. */
void stream_write(struct stream *stream, struct call *call);
void stream_close(struct stream *stream);
/* The process has ended: what is in its terminal now is all, even if others have it open still. */
void stream_close_when_read(struct stream *stream);
void stream_close_when_written(struct stream *stream);
/* Answers that waited to be written were: output may be read again. */
void streams_resume(void);

/* From here: a stream has come to its end. The process may be gone afterwards. */
void process_stream_ended(struct process *process);

#endif
