/*
 * A regular file as the standard input of a hostcall. A child reads it, since it may be slow to come, and
 * reads only what the host asks for: the rest stays for the others who share the file's offset.
 */
#ifndef AGENT_FILE_INPUT_H
#define AGENT_FILE_INPUT_H

#include <stdint.h>

struct file_input {
	int demand; /* eventfd(2): the bytes that the host has asked for and the child has not seen */
	int words;  /* the child's errno, after the last byte */
	int pidfd;
};

void file_input_init(struct file_input *input);
/* Starts the child. What it reads comes out of the descriptor returned; -1 with errno. */
int file_input_start(struct file_input *input, int file);
void file_input_demand(struct file_input *input, uint32_t count);
/* After the last byte: 0, or the errno of what is missing. */
int file_input_verdict(struct file_input *input);
void file_input_end(struct file_input *input);

#endif
