#ifndef SANDGLASS_SURVEY_H
#define SANDGLASS_SURVEY_H

#include "../guest.h"

#include <stddef.h>
#include <sys/types.h>

/* Kinds of namespaces, in the order in which a process's are told. */
#define NAMESPACES 7
extern const char *const namespace_names[NAMESPACES];

/* A file's first bytes, with a zero behind them; their number, or 0 for one that cannot be read. */
size_t read_file(int directory, const char *name, char *buffer, size_t size);

/* A field: what could end it, or a line, is written as \xHH. */
void put_text(const char *text, size_t length);

/* Its release and boot id, and the machine's memory. */
void survey_kernel(void);
/* Those on the virtio bus. */
void survey_devices(void);
void survey_cgroups(void);
/* Of the network namespace that the caller is in. */
void survey_links(unsigned long long namespace);
/* The mounts that this process sees. */
void survey_mounts(pid_t process, unsigned long long namespace);

#endif
