/* What a shim leaves of a process that has ended: a file, and the same text for those who wait. */
#ifndef SANDGLASS_EXIT_RECORD_H
#define SANDGLASS_EXIT_RECORD_H

#define EXIT_RECORD_SIZE 160

/* JSON, as of now. The code is as a shell would give it; the signal 0 if none killed the process. */
void exit_record(char text[EXIT_RECORD_SIZE], int code, int signal, long oom_kills);
/* The file appears whole or not at all. */
void exit_record_write(const char *path, const char *text);

#endif
