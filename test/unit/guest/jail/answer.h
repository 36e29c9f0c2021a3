/* The driver's answer as it grows, in JSON. */
#ifndef ANSWER_H
#define ANSWER_H

#include <stddef.h>

struct text {
	char *bytes;
	size_t length, room;
};

extern struct text answer;

void append(struct text *text, const void *bytes, size_t length);
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);
/* A string of bytes as Latin-1. */
void say_bytes(const char *key, const char *bytes, size_t length);
/* All that could be left behind: descriptors, processes, mounts, cgroups. */
void say_census(const char *hierarchy);

#endif
