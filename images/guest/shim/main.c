#include "guest.h"
#include "shim.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
	"shim create --id ID --bundle DIR --runtime PROGRAM --root DIR --cgroup DIR [--log FILE]\n"
	"            [--overlay OPTIONS] [--preload LIBRARY] [--stdin] [--terminal] [--kill-all]\n"
	"shim sandbox [--netns FILE] [--shm DIR]\n"
	"shim unmount PATH...\n"
	"shim usage DIR...\n";

void complain(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vdprintf(2, format, arguments);
	va_end(arguments);
}

static int create(int argc, char **argv)
{
	static const struct option known[] = {
		{ "id", required_argument, NULL, 'i' },
		{ "bundle", required_argument, NULL, 'b' },
		{ "runtime", required_argument, NULL, 'r' },
		{ "root", required_argument, NULL, 'R' },
		{ "cgroup", required_argument, NULL, 'c' },
		{ "log", required_argument, NULL, 'l' },
		{ "overlay", required_argument, NULL, 'o' },
		{ "preload", required_argument, NULL, 'p' },
		{ "stdin", no_argument, NULL, 's' },
		{ "terminal", no_argument, NULL, 't' },
		{ "kill-all", no_argument, NULL, 'k' },
		{ 0 },
	};
	struct options options = { 0 };
	for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
		switch (option) {
		case 'i':
			options.id = optarg;
			break;
		case 'b':
			options.bundle = optarg;
			break;
		case 'r':
			options.runtime = optarg;
			break;
		case 'R':
			options.root = optarg;
			break;
		case 'c':
			options.cgroup = optarg;
			break;
		case 'l':
			options.log = optarg;
			break;
		case 'o':
			options.overlay = optarg;
			break;
		case 'p':
			options.preload = optarg;
			break;
		case 's':
			options.stdin_open = true;
			break;
		case 't':
			options.terminal = true;
			break;
		case 'k':
			options.kill_all = true;
			break;
		default:
			return 2;
		}
	}
	if (!options.id || !options.bundle || !options.runtime || !options.root || !options.cgroup) {
		complain("%s", usage);
		return 2;
	}
	return shim_create(&options);
}

static int sandbox(int argc, char **argv)
{
	static const struct option known[] = {
		{ "netns", required_argument, NULL, 'n' },
		{ "shm", required_argument, NULL, 's' },
		{ 0 },
	};
	const char *netns = NULL, *shm = NULL;
	for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
		if (option == 'n')
			netns = optarg;
		else if (option == 's')
			shm = optarg;
		else
			return 2;
	}
	return prepare_sandbox(netns, shm);
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	if (strcmp(verb, "create") == 0)
		return create(argc - 1, argv + 1);
	if (strcmp(verb, "sandbox") == 0)
		return sandbox(argc - 1, argv + 1);
	if (strcmp(verb, "unmount") == 0)
		return unmount_all(argv + 2);
	if (strcmp(verb, "usage") == 0)
		return print_usage(argv + 2);
	if (strcmp(verb, "-v") == 0) {
		puts("shim " GUEST_VERSION);
		return 0;
	}
	complain("%s", usage);
	return 2;
}
