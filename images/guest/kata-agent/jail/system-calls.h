/* System calls by their names. */
#ifndef JAIL_SYSTEM_CALLS_H
#define JAIL_SYSTEM_CALLS_H

/* -1 if this architecture has no such call. */
int system_call_number(const char *name);

#endif
