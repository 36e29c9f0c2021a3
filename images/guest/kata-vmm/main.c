/*
 * The VMM of a pod that is a virtual machine. What QEMU would emulate, the page does, outside of the node: this
 * process asks for it by a hostcall, and is the VM's hold on the node. It carries the VM's Ethernet frames
 * between a tap in the pod's network namespace and the outside, serves the pod's shared directory over 9P, and
 * offers the VM's sockets at a Unix socket. When it ends, the VM is gone, and the other way round.
 */
#include "guest.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hostcall-client.h"
#include "link.h"
#include "leader.h"
#include "place.h"
#include "tap.h"
#include "turns.h"
#include "vsock.h"

#define NAME "sandglass-vmm"

static const char usage[] =
	"sandglass-vmm --id ID --machine NAME --memory MEBIBYTES --shared DIR --vsock SOCKET\n"
	"              [--netns FILE --interface NAME] [WHAT THE HOST KNOWS...]\n";

/* Those of the options that are for this side. The host reads them all. */
struct options {
	const char *shared, *vsock, *netns, *interface;
};

static struct options read_options(int argc, char **argv)
{
	struct options options = { .interface = "eth0" };
	const struct {
		const char *name;
		const char **value;
	} known[] = { { "--shared", &options.shared },
		      { "--vsock", &options.vsock },
		      { "--netns", &options.netns },
		      { "--interface", &options.interface } };
	for (int i = 1; i + 1 < argc; i++) {
		for (size_t j = 0; j < sizeof(known) / sizeof(*known); j++) {
			if (strcmp(argv[i], known[j].name) == 0)
				*known[j].value = argv[i + 1];
		}
	}
	return options;
}

static int complain(const char *what)
{
	fprintf(stderr, NAME ": cannot %s: %s\n", what, strerror(errno));
	return 1;
}

/* Each file that the VM has hold of is a descriptor. */
static void allow_descriptors(void)
{
	struct rlimit limit = { .rlim_cur = 256 * 1024, .rlim_max = 256 * 1024 };
	setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
	int ends[2];
	if (argc == 2 && strcmp(argv[1], "-v") == 0) {
		puts(NAME " " GUEST_VERSION);
		return 0;
	}
	struct options options = read_options(argc, argv);
	if (!options.shared || !options.vsock) {
		fputs(usage, stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	allow_descriptors();
	if (place_open(options.shared) < 0)
		return complain("open the shared directory");
	const char *failed = options.netns ? tap_make(options.netns, options.interface) : NULL;
	if (failed)
		return complain(failed);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return complain("make a pair of sockets");
	/* Only root may speak with the VM's agent. */
	umask(0177);
	if (vsock_listen(options.vsock) < 0)
		return complain("listen for the VM's clients");
	/* The VM's kernel has applied its processes' masks already. */
	umask(0);
	struct hostcall_client client = {
		.name = NAME,
		.streams = { ends[1], ends[1], STDERR_FILENO },
		.ending = vsock_unlink,
	};
	int agent = hostcall_start(&client, argv);
	close(ends[1]);
	link_use(ends[0]);
	leader_make();
	tap_watch();
	vsock_watch();
	turns_start(leader_lead);
	hostcall_wait(agent);
}
