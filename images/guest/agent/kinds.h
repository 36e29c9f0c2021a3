/* How each kind of channel is opened: take the payload apart, then reply. */
#ifndef AGENT_KINDS_H
#define AGENT_KINDS_H

#include <stdint.h>
#include <sys/types.h>

struct reader;

void process_open(uint32_t id, struct reader *reader);
void signal_open(uint32_t id, struct reader *reader);
void read_file_open(uint32_t id, struct reader *reader);
void write_file_open(uint32_t id, struct reader *reader);
void list_directory_open(uint32_t id, struct reader *reader);
void file_operation_open(uint32_t id, struct reader *reader);
void connect_open(uint32_t id, struct reader *reader);
void listen_open(uint32_t id, struct reader *reader);
void serve_hostcalls_open(uint32_t id, struct reader *reader);
void process_events_open(uint32_t id, struct reader *reader);
void identity_open(uint32_t id, struct reader *reader);
void facts_open(uint32_t id, struct reader *reader);
void prepare_snapshot_open(uint32_t id, struct reader *reader);
void find_work_open(uint32_t id, struct reader *reader);

/* SIGKILL to every process of the session that is not meant to outlive it. */
void processes_end_session(void);
/* Starts to hear of ended children. */
void processes_init(void);

#endif
