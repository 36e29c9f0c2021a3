#include "guest.h"
#include "shim.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The runtime sends the terminal's master with one message: see its option --console-socket. */
int console_receive(int listener)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	char name[256];
	struct iovec data = { .iov_base = name, .iov_len = sizeof(name) };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	int terminal = -1;
	int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (connection < 0)
		return -1;
	if (recvmsg(connection, &message, MSG_CMSG_CLOEXEC) >= 0) {
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
			memcpy(&terminal, CMSG_DATA(header), sizeof(terminal));
	}
	close(connection);
	return terminal;
}
