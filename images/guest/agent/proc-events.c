/*
 * What the kernel says about processes as it happens: the proc connector, a netlink multicast. Only
 * subscribed to while the host wants it. Records that the host has no credit for are counted, not kept.
 */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel.h"
#include "kinds.h"
#include "loop.h"
#include "protocol.h"
#include "wire.h"

/* Bytes of events that the kernel may hold for us. */
#define KERNEL_BUFFER (512 * 1024)
/* u32 type, u32 pid, u32 tgid, u32 a, u32 b, u64 nanoseconds of CLOCK_MONOTONIC, 16 bytes of name. */
#define RECORD_SIZE (5 * 4 + 8 + 16)
#define CPUS 8

struct subscription {
	struct channel channel;
	struct source socket;
	uint32_t credit;
	uint64_t lost;
	bool counted[CPUS];
	uint32_t sequence[CPUS]; /* of the last event from each CPU */
};

static int subscribe(int fd, enum proc_cn_mcast_op operation)
{
	struct {
		struct nlmsghdr netlink;
		struct cn_msg connector;
		enum proc_cn_mcast_op operation;
	} __attribute__((packed)) message = {
		.netlink = { .nlmsg_len = sizeof(message), .nlmsg_type = NLMSG_DONE },
		.connector = { .id = { CN_IDX_PROC, CN_VAL_PROC }, .len = sizeof(operation) },
		.operation = operation,
	};
	return send(fd, &message, sizeof(message), 0) < 0 ? errno : 0;
}

static void subscription_release(struct channel *channel, bool kill)
{
	struct subscription *subscription = (struct subscription *)channel;
	(void)kill;
	subscribe(subscription->socket.fd, PROC_CN_MCAST_IGNORE);
	loop_close(&subscription->socket);
	free(subscription);
}

/* A process that has just been started has a new name, which exec events do not carry. */
static void read_name(pid_t pid, char name[16])
{
	char path[32];
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return; /* Gone already. */
	ssize_t length = read(fd, name, 15);
	close(fd);
	if (length > 0 && name[length - 1] == '\n')
		name[length - 1] = 0;
}

static void put_record(struct subscription *subscription, uint8_t *at, uint32_t type, const uint32_t ids[4],
		       uint64_t time, const char name[16])
{
	put_u32_at(at, type);
	for (int i = 0; i < 4; i++)
		put_u32_at(at + 4 + 4 * i, ids[i]);
	put_u64_at(at + 20, time);
	memcpy(at + 28, name, 16);
	subscription->credit -= RECORD_SIZE;
}

/* Writes one record; 0 if the event is of no interest. Pids are those of the initial PID namespace. */
static size_t put_event(struct subscription *subscription, uint8_t *at, const struct proc_event *event)
{
	char name[16] = "";
	uint32_t type = 0, ids[4] = { 0 };
	switch ((uint32_t)event->what) {
	case PROC_EVENT_FORK:
		type = EVENT_FORK;
		ids[0] = (uint32_t)event->event_data.fork.child_pid;
		ids[1] = (uint32_t)event->event_data.fork.child_tgid;
		ids[2] = (uint32_t)event->event_data.fork.parent_pid;
		ids[3] = (uint32_t)event->event_data.fork.parent_tgid;
		break;
	case PROC_EVENT_EXEC:
		type = EVENT_EXEC;
		ids[0] = (uint32_t)event->event_data.exec.process_pid;
		ids[1] = (uint32_t)event->event_data.exec.process_tgid;
		read_name((pid_t)ids[0], name);
		break;
	case PROC_EVENT_EXIT:
		type = EVENT_EXIT;
		ids[0] = (uint32_t)event->event_data.exit.process_pid;
		ids[1] = (uint32_t)event->event_data.exit.process_tgid;
		ids[2] = event->event_data.exit.exit_code;
		ids[3] = event->event_data.exit.exit_signal;
		break;
	case PROC_EVENT_UID:
	case PROC_EVENT_GID:
		type = (uint32_t)event->what == PROC_EVENT_UID ? EVENT_UID : EVENT_GID;
		ids[0] = (uint32_t)event->event_data.id.process_pid;
		ids[1] = (uint32_t)event->event_data.id.process_tgid;
		ids[2] = event->event_data.id.r.ruid;
		ids[3] = event->event_data.id.e.euid;
		break;
	case PROC_EVENT_COMM:
		type = EVENT_COMM;
		ids[0] = (uint32_t)event->event_data.comm.process_pid;
		ids[1] = (uint32_t)event->event_data.comm.process_tgid;
		memcpy(name, event->event_data.comm.comm, sizeof(name));
		break;
	default:
		return 0;
	}
	put_record(subscription, at, type, ids, event->timestamp_ns, name);
	return RECORD_SIZE;
}

static size_t put_loss(struct subscription *subscription, uint8_t *at)
{
	uint32_t ids[4] = { 0, 0, (uint32_t)subscription->lost, (uint32_t)(subscription->lost >> 32) };
	put_record(subscription, at, EVENT_LOST, ids, 0, (char[16]){ 0 });
	subscription->lost = 0;
	return RECORD_SIZE;
}

/* Each CPU numbers its events: a gap is what the kernel had no room for. */
static void count_gap(struct subscription *subscription, uint32_t cpu, uint32_t sequence)
{
	if (cpu >= CPUS)
		return;
	if (subscription->counted[cpu])
		subscription->lost += sequence - subscription->sequence[cpu] - 1;
	subscription->counted[cpu] = true;
	subscription->sequence[cpu] = sequence;
}

static void subscription_ready(struct source *source, uint32_t events)
{
	(void)events;
	struct subscription *subscription = source->owner;
	union {
		struct nlmsghdr header;
		char space[1024];
	} message;
	size_t room, used = 0;
	uint8_t *space = frame_space(&room);
	/* Room for two: an event, and before it the loss that it reveals. */
	while (room - used >= 2 * RECORD_SIZE) {
		ssize_t length = recv(source->fd, &message, sizeof(message), MSG_DONTWAIT);
		/* ENOBUFS says what the next event's number will say more exactly. */
		if (length < 0 && errno == ENOBUFS)
			continue;
		if (length < 0)
			break;
		const struct cn_msg *connector = NLMSG_DATA(&message.header);
		struct proc_event event;
		if ((size_t)length < NLMSG_LENGTH(sizeof(*connector)) + sizeof(event))
			continue;
		memcpy(&event, connector->data, sizeof(event)); /* Where it is, it may be misaligned. */
		if ((uint32_t)event.what == PROC_EVENT_NONE) /* The answer to our subscription. */
			continue;
		count_gap(subscription, event.cpu, connector->seq);
		if (subscription->credit < 2 * RECORD_SIZE) {
			subscription->lost++;
			continue;
		}
		if (subscription->lost > 0)
			used += put_loss(subscription, space + used);
		used += put_event(subscription, space + used, &event);
	}
	if (used > 0)
		frame_commit(FRAME_DATA, 0, subscription->channel.id, used);
}

static void subscription_credit(struct channel *channel, uint8_t stream, uint32_t count)
{
	struct subscription *subscription = (struct subscription *)channel;
	(void)stream;
	subscription->credit += count;
	if (subscription->lost == 0 || subscription->credit < RECORD_SIZE)
		return;
	size_t room;
	uint8_t *space = frame_space(&room);
	frame_commit(FRAME_DATA, 0, channel->id, put_loss(subscription, space));
}

static const struct channel_kind subscription_kind = {
	.credit = subscription_credit,
	.release = subscription_release,
};

void process_events_open(uint32_t id, struct reader *reader)
{
	if (!taken_whole(reader))
		return;
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC };
	int size = KERNEL_BUFFER;
	int fd = socket(PF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR);
	int error = fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? errno : 0;
	if (!error) {
		setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
		error = subscribe(fd, PROC_CN_MCAST_LISTEN);
	}
	struct subscription *subscription = error ? NULL : calloc(1, sizeof(*subscription));
	if (!subscription) {
		if (fd >= 0)
			close(fd);
		reply_error(id, error ? error : ENOMEM, "");
		return;
	}
	subscription->socket =
		(struct source){ .fd = fd, .ready = subscription_ready, .owner = subscription };
	channel_add(&subscription->channel, id, &subscription_kind);
	loop_watch(&subscription->socket, EPOLLIN);
	reply_begin(id);
	frame_end();
}
