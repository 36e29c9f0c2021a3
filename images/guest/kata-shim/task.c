#include "guest.h"
#include "listen-unix.h"
#include "task.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_SIZE 512

struct task *tasks;

const char *task_exec_id(const struct task *task)
{
	return task->exec[0] ? task->exec : task->container;
}

struct task *task_find(const char *container, const char *exec)
{
	for (struct task *task = tasks; task; task = task->next) {
		if (!task->removed && strcmp(task->container, container) == 0 && strcmp(task->exec, exec) == 0)
			return task;
	}
	return NULL;
}

static void path_of(const struct task *task, const char *name, const char *suffix, char path[PATH_SIZE])
{
	snprintf(path, PATH_SIZE, "%s/%s%s", task->directory, name, suffix);
}

static void socket_path(const struct task *task, char path[PATH_SIZE])
{
	path_of(task, task->exec[0] ? task->exec : "control", ".sock", path);
}

/* ---- To begin with ---- */

static void free_task(struct task *task)
{
	log_close(task->log);
	if (task->listener >= 0)
		close(task->listener);
	clients_drop_all(&task->clients);
	free(task->input.piece);
	free(task->container);
	free(task->exec);
	free(task->directory);
	free(task);
}

/* NULL with what could not be done, and errno. */
static struct task *make_task(const struct task_request *request, const char **attempt)
{
	char path[PATH_SIZE];
	struct task *task = calloc(1, sizeof(*task));
	*attempt = "find memory for the process";
	if (!task)
		return NULL;
	task->listener = -1;
	task->clients = (struct clients){ .service = &task_service, .container = task };
	task->container = strdup(request->container);
	task->exec = strdup(request->exec);
	task->directory = strdup(request->directory);
	if (!task->container || !task->exec || !task->directory)
		goto failed;
	*attempt = "open the log file";
	if (request->log[0] && !(task->log = log_open(request->log)))
		goto failed;
	*attempt = "listen for the process's clients";
	socket_path(task, path);
	task->listener = listen_unix(path);
	if (task->listener >= 0)
		return task;
failed:
	free_task(task);
	return NULL;
}

enum ttrpc_code task_track(const struct task_request *request, char *text, size_t size)
{
	const char *attempt;
	if (task_find(request->container, request->exec)) {
		snprintf(text, size, "this process is tracked already");
		return TTRPC_ALREADY_EXISTS;
	}
	struct task *task = make_task(request, &attempt);
	if (!task) {
		snprintf(text, size, "cannot %s: %s", attempt, strerror(errno));
		return TTRPC_INTERNAL;
	}
	task->terminal = request->flags & TASK_TERMINAL;
	task->held = request->flags & TASK_HELD;
	/* A terminal has one output, and is its own input. */
	task->outputs[OUTPUT_STDERR].ended = task->terminal;
	task->next = tasks;
	tasks = task;
	if (!(request->flags & TASK_STDIN) && !task->terminal)
		input_close(task);
	end_watch_memory();
	end_wait(task);
	return TTRPC_OK;
}

/* ---- At last ---- */

static void forget(struct task *task)
{
	char path[PATH_SIZE];
	end_now(task, 128 + SIGKILL, SIGKILL);
	task->removed = true;
	agent_forget_all(task);
	socket_path(task, path);
	unlink(path);
	if (task->exec[0]) {
		path_of(task, task->exec, ".exit", path);
		unlink(path);
	}
	close(task->listener);
	task->listener = -1;
	/* No more will come: who is attached has it all. */
	for (enum output stream = 0; stream < OUTPUTS; stream++)
		log_flush(task->log, stream);
	clients_exit(&task->clients, task->record, true);
	clients_end(&task->clients);
}

void tasks_container_removed(const char *container)
{
	for (struct task *task = tasks; task; task = task->next) {
		if (!task->removed && strcmp(task->container, container) == 0)
			forget(task);
	}
}

void task_remove(struct task *task)
{
	if (task->exec[0])
		forget(task);
	else
		tasks_container_removed(task->container);
}

/* ---- Meanwhile ---- */

void tasks_end(void)
{
	char path[PATH_SIZE];
	for (struct task *task = tasks; task; task = task->next) {
		socket_path(task, path);
		unlink(path);
		clients_end(&task->clients);
	}
}

bool tasks_have_clients(void)
{
	for (const struct task *task = tasks; task; task = task->next) {
		if (clients_any(&task->clients))
			return true;
	}
	return false;
}

void tasks_go_on(void)
{
	for (struct task **link = &tasks; *link;) {
		struct task *task = *link;
		output_go_on(task);
		if (task->removed && !clients_any(&task->clients)) {
			*link = task->next;
			free_task(task);
		} else {
			link = &task->next;
		}
	}
}

size_t tasks_poll_max(void)
{
	size_t count = 0;
	for (const struct task *task = tasks; task; task = task->next)
		count += 1 + CLIENTS_MAX;
	return count;
}

size_t tasks_poll(struct pollfd *polled)
{
	size_t count = 0;
	for (struct task *task = tasks; task; task = task->next) {
		polled[count++] = (struct pollfd){ .fd = task->listener, .events = POLLIN };
		task->polled = count;
		task->polled_count = clients_poll(&task->clients, polled + count);
		count += task->polled_count;
	}
	return count;
}

void tasks_serve(const struct pollfd *polled)
{
	for (struct task *task = tasks; task; task = task->next) {
		const struct pollfd *own = polled + task->polled;
		if (task->polled == 0)
			continue; /* It has come since. */
		clients_serve(&task->clients, own, task->polled_count);
		if (task->listener >= 0 && own[-1].revents)
			clients_accept(&task->clients, task->listener);
	}
}
