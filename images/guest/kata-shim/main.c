#include "guest.h"
#include "shim.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
	"sandglass-shim-kata start --id ID --socket PATH --vsock PATH --stderr FILE\n"
	"                          -- VMM-PROGRAM VMM-ARGUMENT...\n";

static int start(int argc, char **argv)
{
	static const struct option known[] = {
		{ "id", required_argument, NULL, 'i' },
		{ "socket", required_argument, NULL, 's' },
		{ "vsock", required_argument, NULL, 'v' },
		{ "stderr", required_argument, NULL, 'e' },
		{ 0 },
	};
	struct options options = { 0 };
	for (int option; (option = getopt_long(argc, argv, "+", known, NULL)) != -1;) {
		switch (option) {
		case 'i':
			options.id = optarg;
			break;
		case 's':
			options.socket = optarg;
			break;
		case 'v':
			options.vsock = optarg;
			break;
		case 'e':
			options.stderr_file = optarg;
			break;
		default:
			return 2;
		}
	}
	options.vmm = argv + optind;
	if (!options.id || !options.socket || !options.vsock || !options.stderr_file || !options.vmm[0]) {
		fputs(usage, stderr);
		return 2;
	}
	return shim_start(&options);
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	if (strcmp(verb, "start") == 0)
		return start(argc - 1, argv + 1);
	if (strcmp(verb, "-v") == 0) {
		puts("sandglass-shim-kata " GUEST_VERSION);
		return 0;
	}
	fputs(usage, stderr);
	return 2;
}
