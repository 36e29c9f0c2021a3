/* Removing a file or a directory with all that is in it. */
#ifndef AGENT_REMOVE_H
#define AGENT_REMOVE_H

/* Does not cross into another mount: EXDEV instead. 0 or an errno. */
int remove_tree(int directory, const char *name);

#endif
