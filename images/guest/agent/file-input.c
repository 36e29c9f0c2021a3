#include "guest.h"
#include "file-input.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "child-streams.h"
#include "copy-file.h"
#include "task.h"

/* What the child keeps besides its standard streams. */
enum { KEPT_FILE, KEPT_DEMAND, KEPT_WORDS, KEPT_COUNT };

void file_input_init(struct file_input *input)
{
	*input = (struct file_input){ .demand = -1, .words = -1, .pidfd = -1 };
}

_Noreturn static void read_on_demand(const int kept[KEPT_COUNT])
{
	bool ended = false;
	int error = 0;
	uint64_t wanted;
	while (!error && !ended) {
		if (read(kept[KEPT_DEMAND], &wanted, sizeof(wanted)) == sizeof(wanted))
			error = copy_file(kept[KEPT_FILE], STDOUT_FILENO, wanted, &ended);
		else
			error = errno;
	}
	/* Before the end of the data, which comes with our own. */
	_exit(write(kept[KEPT_WORDS], &error, sizeof(error)) != sizeof(error));
}

int file_input_start(struct file_input *input, int file)
{
	int data[2] = { -1, -1 }, words[2] = { -1, -1 };
	pid_t pid = -1;
	input->demand = eventfd(0, EFD_CLOEXEC);
	if (input->demand >= 0 && make_pipe(data, false) == 0 && make_pipe(words, false) == 0) {
		int kept[KEPT_COUNT] = { file, input->demand, words[1] };
		pid = task_fork(data[1], kept, KEPT_COUNT, &input->pidfd);
		if (pid == 0)
			read_on_demand(kept);
	}
	int error = errno;
	close_all(&data[1], 1);
	close_all(&words[1], 1);
	input->words = words[0];
	if (pid > 0)
		return data[0];
	close_all(data, 1);
	file_input_end(input);
	errno = error;
	return -1;
}

void file_input_demand(struct file_input *input, uint32_t count)
{
	uint64_t more = count;
	/* Cannot wait: the sum of 32-bit numbers does not reach the counter's end. */
	if (input->demand >= 0 && count > 0)
		(void)!write(input->demand, &more, sizeof(more));
}

int file_input_verdict(struct file_input *input)
{
	int error;
	/* Killed, for lack of memory perhaps, it says nothing. */
	return read(input->words, &error, sizeof(error)) == sizeof(error) ? error : EIO;
}

void file_input_end(struct file_input *input)
{
	task_end(&input->pidfd);
	close_all(&input->demand, 1);
	close_all(&input->words, 1);
	file_input_init(input);
}
