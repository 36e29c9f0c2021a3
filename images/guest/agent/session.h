/* The conversation with one host: from its HELLO until another's, or until it breaks the protocol. */
#ifndef AGENT_SESSION_H
#define AGENT_SESSION_H

/* Takes over the port: reads frames from `in`. Says hello. */
void session_start(int in);
/* The host broke the protocol: it is told, everything of the session ends after this frame. */
void session_fail(const char *reason);

#endif
