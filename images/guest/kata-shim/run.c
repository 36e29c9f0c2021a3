#include "guest.h"
#include "control.h"
#include "shim.h"
#include "task.h"
#include "timer.h"
#include "vmm.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "runtimes/kata/agent.pb-c.h"

/* Milliseconds that the agent has for DestroySandbox. */
#define DESTROY_TIME 5000
/* Milliseconds for which a VMM whose agent has gone may end by itself: it says best why. */
#define END_TIME 500
/* Milliseconds that the last answers have to be taken. */
#define FAREWELL_TIME 1000

static bool shutting_down, over;
static struct timer destroying, farewell;

/* ---- The end of the machine ---- */

static void agent_lost(void)
{
	vmm_stop(END_TIME);
}

static void say_farewell(void *owner)
{
	(void)owner;
	over = true;
}

static void leave(void)
{
	tasks_end();
	control_end();
	timer_set(&farewell, FAREWELL_TIME, say_farewell, NULL);
}

static void machine_ended(void)
{
	char how[1024];
	/* Without its agent a machine is of no use: it was ended for that. */
	const char *why = vmm_stopped() && !shutting_down ? agent_lost_text() : NULL;
	vmm_describe_end(why, how, sizeof(how));
	agent_lose(how);
	control_tell_end(how);
}

static void stop_machine(void *owner)
{
	(void)owner;
	timer_clear(&destroying);
	vmm_stop(0);
}

static void sandbox_destroyed(void *owner, uint32_t tag, const struct agent_answer *answer)
{
	(void)tag, (void)answer;
	stop_machine(owner);
}

void shim_shut_down(void)
{
	Grpc__DestroySandboxRequest request = GRPC__DESTROY_SANDBOX_REQUEST__INIT;
	if (shutting_down)
		return;
	shutting_down = true;
	if (vmm_ended())
		return;
	timer_set(&destroying, DESTROY_TIME, stop_machine, NULL);
	agent_ask("DestroySandbox", &request.base, sandbox_destroyed, NULL, 0);
}

/* ---- The loop ---- */

enum { SIGNALS, LISTENER, AGENT, FIXED };

static int watch_signals(void)
{
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void take_signals(int fd)
{
	struct signalfd_siginfo information;
	while (read(fd, &information, sizeof(information)) > 0) {
		if (information.ssi_signo == SIGTERM)
			shim_shut_down();
	}
	if (vmm_reap())
		machine_ended();
}

static struct pollfd *room_for(size_t count)
{
	static struct pollfd *polled;
	static size_t size;
	if (count <= size)
		return polled;
	free(polled);
	size = count + 64;
	polled = malloc(size * sizeof(*polled));
	if (!polled)
		abort(); /* The VMM dies with us, and the kubelet sees it. */
	return polled;
}

static void turn(int signals, int listener)
{
	struct pollfd *polled = room_for(FIXED + control_poll_max() + tasks_poll_max());
	struct pollfd *controls = polled + FIXED;
	polled[SIGNALS] = (struct pollfd){ .fd = signals, .events = POLLIN };
	polled[LISTENER] = (struct pollfd){ .fd = listener, .events = POLLIN };
	agent_poll(&polled[AGENT]);
	size_t control_count = control_poll(controls);
	struct pollfd *rest = controls + control_count;
	size_t count = FIXED + control_count + tasks_poll(rest);
	if (poll(polled, count, agent_is_lost() && agent_has_calls() ? 0 : timers_timeout()) < 0)
		return;
	timers_ring();
	if (polled[SIGNALS].revents)
		take_signals(signals);
	agent_serve(polled[AGENT].revents);
	tasks_serve(rest);
	control_serve(controls, control_count);
	if (polled[LISTENER].revents)
		control_accept(listener);
}

void shim_run(int listener, int agent)
{
	int signals = watch_signals();
	bool leaving = false;
	agent_begin(agent, agent_lost);
	if (vmm_reap())
		machine_ended();
	while (!over) {
		tasks_go_on();
		/* Whoever waits for a process has its end before that of the shim. */
		if (shutting_down && vmm_ended() && !agent_has_calls()) {
			if (!leaving)
				leave();
			leaving = true;
			if (!control_has_to_send() && !tasks_have_clients())
				break;
		}
		turn(signals, listener);
	}
}
