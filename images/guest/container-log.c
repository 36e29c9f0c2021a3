/*
 * The container's log as the kubelet reads it: for each line the time, the stream, P if the line goes
 * on in the next record or F, and the text. See kubernetes/design-proposals-archive, kubelet-cri-logging.md.
 */
#include "guest.h"
#include "container-log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* containerd's max_container_log_line_size */
#define LINE_SIZE (16 * 1024)
#define PREFIX_SIZE 64

static const char *const names[OUTPUTS] = { "stdout", "stderr" };

struct log {
	int fd;
	struct {
		size_t length;
		uint8_t bytes[LINE_SIZE];
	} lines[OUTPUTS];
	char path[];
};

/* Records that one chunk of output gave, for one write(2): between two calls it is empty. */
static uint8_t batch[4 * (LINE_SIZE + PREFIX_SIZE)];
static size_t batch_length;

static int open_file(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
}

struct log *log_open(const char *path)
{
	int fd = open_file(path);
	if (fd < 0)
		return NULL;
	size_t size = strlen(path) + 1;
	struct log *log = calloc(1, sizeof(*log) + size);
	if (!log) {
		close(fd);
		return NULL;
	}
	log->fd = fd;
	memcpy(log->path, path, size);
	return log;
}

int log_reopen(struct log *log)
{
	if (!log)
		return 0;
	int fd = open_file(log->path);
	if (fd < 0)
		return -1;
	close(log->fd);
	log->fd = fd;
	return 0;
}

void log_close(struct log *log)
{
	if (!log)
		return;
	close(log->fd);
	free(log);
}

/* Takes the beginning of a record back out of the log: the next one would go on in its line. */
static void take_back(const struct log *log, size_t written)
{
	struct stat status;
	size_t whole = written;
	while (whole > 0 && batch[whole - 1] != '\n')
		whole--;
	if (whole < written && fstat(log->fd, &status) == 0)
		(void)!ftruncate(log->fd, status.st_size - (off_t)(written - whole));
}

/* A full disk loses records, not the container. */
static void write_batch(const struct log *log)
{
	size_t sent = 0;
	while (sent < batch_length) {
		ssize_t count = write(log->fd, batch + sent, batch_length - sent);
		if (count < 0 && errno != EINTR)
			break;
		sent += count > 0 ? (size_t)count : 0;
	}
	if (sent < batch_length)
		take_back(log, sent);
	batch_length = 0;
}

/* RFC 3339 with as many digits of the second as are not zero. */
static size_t put_time(char *text, size_t size)
{
	struct timespec now;
	struct tm fields;
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &fields);
	size_t length = strftime(text, size, "%Y-%m-%dT%H:%M:%S", &fields);
	if (now.tv_nsec) {
		length += (size_t)snprintf(text + length, size - length, ".%09ld", now.tv_nsec);
		while (text[length - 1] == '0')
			length--;
	}
	text[length++] = 'Z';
	return length;
}

static void put_record(struct log *log, enum output stream, char tag)
{
	char prefix[PREFIX_SIZE];
	size_t length = put_time(prefix, sizeof(prefix));
	length += (size_t)snprintf(prefix + length, sizeof(prefix) - length, " %s %c ", names[stream], tag);
	if (batch_length + length + log->lines[stream].length + 1 > sizeof(batch))
		write_batch(log);
	memcpy(batch + batch_length, prefix, length);
	batch_length += length;
	memcpy(batch + batch_length, log->lines[stream].bytes, log->lines[stream].length);
	batch_length += log->lines[stream].length;
	batch[batch_length++] = '\n';
	log->lines[stream].length = 0;
}

void log_write(struct log *log, enum output stream, const uint8_t *bytes, size_t length)
{
	if (!log)
		return;
	for (size_t at = 0; at < length;) {
		const uint8_t *end = memchr(bytes + at, '\n', length - at);
		size_t rest = (end ? (size_t)(end - bytes) : length) - at;
		size_t room = LINE_SIZE - log->lines[stream].length;
		size_t count = rest < room ? rest : room;
		memcpy(log->lines[stream].bytes + log->lines[stream].length, bytes + at, count);
		log->lines[stream].length += count;
		at += count;
		if (end && count == rest) {
			put_record(log, stream, 'F');
			at++;
		} else if (count < rest) {
			put_record(log, stream, 'P');
		}
	}
	write_batch(log);
}

void log_flush(struct log *log, enum output stream)
{
	if (!log || log->lines[stream].length == 0)
		return;
	put_record(log, stream, 'F');
	write_batch(log);
}
