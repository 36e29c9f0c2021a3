/*
 * The requests of 9P2000.L, each by its name. They take what follows the first fid, put the reply's body, and
 * return 0 or the errno that is the answer instead.
 */
#ifndef VMM_OPERATIONS_H
#define VMM_OPERATIONS_H

#include "fids.h"
#include "message.h"

/* Instead of an errno: the answer comes another time. */
#define ANSWER_LATER -1

/* Bytes of the largest message that this session allows. */
uint32_t message_size(void);

/* names.c */
int attach_root(struct request *request, uint32_t id);
int walk(struct request *request);
int make_symlink(struct request *request);
int make_node(struct request *request);
int make_directory(struct request *request);
int make_link(struct request *request);
int read_link(struct request *request);

/* removal.c */
int rename_fid(struct request *request);
int rename_at(struct request *request);
int unlink_at(struct request *request);
int remove_fid(struct request *request);
int clunk(struct request *request);

/* contents.c */
int open_fid(struct request *request);
int create_file(struct request *request);
int read_file(struct request *request);
int write_file(struct request *request);
int read_directory(struct request *request);
int sync_file(struct request *request);

/* attributes.c */
int get_attributes(struct request *request);
int set_attributes(struct request *request);
int stat_file_system(struct request *request);

/* extended-attributes.c */
int walk_to_attribute(struct request *request);
int create_attribute(struct request *request);
int read_attribute(struct request *request, uint64_t offset, uint32_t count);
int write_attribute(struct request *request, uint64_t offset, const uint8_t *bytes, uint32_t count);

/* locks.c */
int lock_range(struct request *request);
int get_lock(struct request *request);

/* creation.c: what a new file needs besides; `directory` is a fid's path. 0 or errno. */
int give_to_user(const struct fid *parent, const char *name, uint32_t group);
int put_qid_of(struct request *request, int directory, const char *name);

#endif
