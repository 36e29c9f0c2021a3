/*
 * The language of the node agent and its client outside the machine, src/guest/protocol.ts.
 * A test compares every number here with that file.
 *
 * Both directions are a lossless stream of frames. A frame is a header of 12 bytes, little-endian,
 * and a payload:
 *
 *     u8 mark, u8 type, u8 stream, u8 flags, u32 channel, u32 payload length
 *
 * A channel is one open resource: a process, a file being read, a connection. Whoever opens it picks
 * the number: the host even ones, the agent odd ones, none twice in a session. A channel has up to
 * three byte streams each way. No stream starts with credit; its receiver grants it, in bytes.
 */
#ifndef SANDGLASS_PROTOCOL_H
#define SANDGLASS_PROTOCOL_H

#define PROTOCOL_VERSION 1
#define PROTOCOL_FRAME_MARK 0xA5
#define PROTOCOL_HEADER_SIZE 12
/* Header and payload: what v86 carries out of a virtio-console port as one event. */
#define PROTOCOL_FRAME_SIZE_MAX 32768
/* A message in several frames, whole. Only OPEN may be that long. */
#define PROTOCOL_MESSAGE_SIZE_MAX 1048576
/* Bytes the agent buffers for a stream that flows into the guest. */
#define PROTOCOL_GUEST_WINDOW 131072
#define PROTOCOL_STREAM_COUNT 3

/* The payload of HELLO: magic, u32 version, u64 session, u32 pid of the agent. */
#define PROTOCOL_HELLO_SIZE 32
#define PROTOCOL_HELLO_MAGIC "sandglass agent\n"

/* Frame flags */
#define FLAG_MORE 1 /* the payload goes on in the next frame, which is of the same type and channel */

/* Frame types */
#define FRAME_HELLO 1   /* both ways; a new session number from the host ends everything of the last */
#define FRAME_OPEN 2    /* u32 kind, and what that kind needs */
#define FRAME_REPLY 3   /* to OPEN: u32 errno, and on success what the kind returns, else a step */
#define FRAME_DATA 4    /* bytes of a stream */
#define FRAME_CREDIT 5  /* from a stream's receiver: u32 bytes more that it may be sent */
#define FRAME_END 6     /* from a stream's sender, after its last byte: u32 errno, or 0 */
#define FRAME_STOP 7    /* from a stream's receiver: it takes no more; u32 errno, or 0 */
#define FRAME_CONTROL 8 /* the stream field is a CONTROL_ code */
#define FRAME_RESULT 9  /* from the agent: what became of the resource; the kind says what is in it */
#define FRAME_CLOSE 10  /* the sender has forgotten the channel; the receiver does the same */
#define FRAME_RESET 11  /* from the agent: the host broke the protocol, the session is over; a reason */

/* What the stream field of a CLOSE from the host says */
#define CLOSE_RELEASE 0 /* a process goes on without us */
#define CLOSE_KILL 1    /* SIGKILL to the process's group first */

/* Kinds of channel. Those that end with their reply are requests. */
#define KIND_PING 1             /* request */
#define KIND_PROCESS 2          /* 0 stdin in, 1 stdout out, 2 stderr out */
#define KIND_READ_FILE 3        /* 0 out */
#define KIND_WRITE_FILE 4       /* 0 in */
#define KIND_LIST_DIRECTORY 5   /* 0 out: records */
#define KIND_FILE_OPERATION 6   /* request */
#define KIND_CONNECT 7          /* 0 both ways */
#define KIND_LISTEN 8           /* opens KIND_ACCEPTED */
#define KIND_ACCEPTED 9         /* from the agent; 0 both ways */
#define KIND_SERVE_HOSTCALLS 10 /* opens KIND_HOSTCALL */
#define KIND_HOSTCALL 11        /* from the agent; 0 stdin out, 1 stdout in, 2 stderr in */
#define KIND_PROCESS_EVENTS 12  /* 0 out: records */
#define KIND_IDENTITY 13        /* request */
#define KIND_FACTS 14           /* request */
#define KIND_PREPARE_SNAPSHOT 15 /* request; u32 1 to keep the caches */
#define KIND_SIGNAL 16          /* request: a signal to any process of the node */
#define KIND_FIND_WORK 17       /* request: the pid of a process that keeps the node awake, or 0 */

/* Control codes */
#define CONTROL_SIGNAL 1   /* host: u32 number, u32 1 for the group; agent (hostcall): u32 number */
#define CONTROL_RESIZE 2   /* u16 columns, u16 rows */
#define CONTROL_RAW 3      /* host, to a hostcall: u32 1 for a raw terminal, 0 for as it was */
#define CONTROL_EXIT 4     /* host, to a hostcall: u32 exit code */
#define CONTROL_DIE 5      /* host, to a hostcall: u32 signal to die by */

/* Flags of KIND_PROCESS */
#define PROCESS_STDIN 1
#define PROCESS_TERMINAL 2
#define PROCESS_NEW_SESSION 4
#define PROCESS_PERSISTENT 8          /* outlives the session that started it */
#define PROCESS_EXTEND_ENVIRONMENT 16 /* of the agent, rather than replace it */

/* Namespaces to enter */
#define NAMESPACE_MOUNT 1
#define NAMESPACE_PID 2
#define NAMESPACE_NETWORK 4
#define NAMESPACE_IPC 8
#define NAMESPACE_UTS 16
#define NAMESPACE_CGROUP 32
#define NAMESPACE_USER 64

/* How a process ended */
#define EXIT_CODE 0
#define EXIT_SIGNAL 1

/* File operations */
#define FILE_STAT 1
#define FILE_LSTAT 2
#define FILE_MAKE_DIRECTORY 3
#define FILE_REMOVE 4
#define FILE_RENAME 5
#define FILE_SYMLINK 6
#define FILE_READLINK 7
#define FILE_CHMOD 8
#define FILE_CHOWN 9
#define FILE_TRUNCATE 10

/* Flags of KIND_WRITE_FILE */
#define WRITE_CREATE 1
#define WRITE_TRUNCATE 2
#define WRITE_APPEND 4
#define WRITE_EXCLUSIVE 8
#define WRITE_ATOMIC 16 /* into a new file that takes the name when it is whole */
#define WRITE_MODE 32   /* set the mode even where the umask or an old file says otherwise */

/* Address families */
#define FAMILY_UNIX 1
#define FAMILY_TCP 2

/* Records of KIND_PROCESS_EVENTS */
#define EVENT_FORK 1
#define EVENT_EXEC 2
#define EVENT_EXIT 3
#define EVENT_UID 4
#define EVENT_GID 5
#define EVENT_COMM 6
#define EVENT_LOST 7

/* What KIND_IDENTITY sets */
#define IDENTITY_TIME 1
#define IDENTITY_ENTROPY 2
#define IDENTITY_HOSTNAME 4
#define IDENTITY_MACHINE_ID 8
#define IDENTITY_HARDWARE_ADDRESS 16

#endif
