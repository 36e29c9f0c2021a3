/*
 * The container's log as the kubelet reads it: for each line the time, the stream, P if the line goes
 * on in the next record or F, and the text. See kubernetes/design-proposals-archive, kubelet-cri-logging.md.
 */
#include "guest.h"
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* containerd's max_container_log_line_size */
#define LINE_SIZE (16 * 1024)
#define PREFIX_SIZE 64

static const char *const names[OUTPUTS] = { "stdout", "stderr" };

static const char *log_file;
static int log_fd = -1;
static struct {
	size_t length;
	uint8_t bytes[LINE_SIZE];
} lines[OUTPUTS];
/* Records that one chunk of output gave, for one write(2). */
static uint8_t batch[4 * (LINE_SIZE + PREFIX_SIZE)];
static size_t batch_length;

int log_open(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	if (fd < 0)
		return -1;
	if (log_fd >= 0)
		close(log_fd);
	log_file = path;
	log_fd = fd;
	return 0;
}

int log_reopen(void)
{
	return log_file ? log_open(log_file) : 0;
}

/* Takes the beginning of a record back out of the log: the next one would go on in its line. */
static void take_back(size_t written)
{
	struct stat status;
	size_t whole = written;
	while (whole > 0 && batch[whole - 1] != '\n')
		whole--;
	if (whole < written && fstat(log_fd, &status) == 0)
		(void)!ftruncate(log_fd, status.st_size - (off_t)(written - whole));
}

/* A full disk loses records, not the container. */
static void write_batch(void)
{
	size_t sent = 0;
	while (sent < batch_length) {
		ssize_t count = write(log_fd, batch + sent, batch_length - sent);
		if (count < 0 && errno != EINTR)
			break;
		sent += count > 0 ? (size_t)count : 0;
	}
	if (sent < batch_length)
		take_back(sent);
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

static void put_record(enum output stream, char tag)
{
	char prefix[PREFIX_SIZE];
	size_t length = put_time(prefix, sizeof(prefix));
	length += (size_t)snprintf(prefix + length, sizeof(prefix) - length, " %s %c ", names[stream], tag);
	if (batch_length + length + lines[stream].length + 1 > sizeof(batch))
		write_batch();
	memcpy(batch + batch_length, prefix, length);
	batch_length += length;
	memcpy(batch + batch_length, lines[stream].bytes, lines[stream].length);
	batch_length += lines[stream].length;
	batch[batch_length++] = '\n';
	lines[stream].length = 0;
}

void log_write(enum output stream, const uint8_t *bytes, size_t length)
{
	if (log_fd < 0)
		return;
	for (size_t at = 0; at < length;) {
		const uint8_t *end = memchr(bytes + at, '\n', length - at);
		size_t rest = (end ? (size_t)(end - bytes) : length) - at;
		size_t room = LINE_SIZE - lines[stream].length;
		size_t count = rest < room ? rest : room;
		memcpy(lines[stream].bytes + lines[stream].length, bytes + at, count);
		lines[stream].length += count;
		at += count;
		if (end && count == rest) {
			put_record(stream, 'F');
			at++;
		} else if (count < rest) {
			put_record(stream, 'P');
		}
	}
	write_batch();
}

void log_flush(enum output stream)
{
	if (log_fd < 0 || lines[stream].length == 0)
		return;
	put_record(stream, 'F');
	write_batch();
}
