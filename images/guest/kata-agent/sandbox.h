/* The pod: what its containers share. */
#ifndef KATA_SANDBOX_H
#define KATA_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "runtimes/kata/agent.pb-c.h"

struct sandbox {
	bool running;
	/* Namespaces, -1 until there are some; that of the PIDs is for who shares it. */
	int ipc, uts, pid;
	char *id;
};

extern struct sandbox sandbox;

/* After each turn of the loop: ends the machine once that was asked for and answered. */
void sandbox_turn(void);

/*
 * Mounts them, in order; a mount point that is there already is used once more. `mounted` gets their mount
 * points, of which *count are to be released, on failure too. -1 on failure.
 */
int storages_add(Grpc__Storage **storages, size_t number, char ***mounted, size_t *count, char *error,
		 size_t size);
/* Unmounts what nobody uses any more, last first, and frees the list. */
void storages_release(char **mounted, size_t count);

/* mkdir -p. -1 with errno. */
int make_directories(const char *path);

#endif
