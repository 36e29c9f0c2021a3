/** Asks for a callback as a task of its own, after what the event loop has waiting. */
export interface ImmediateScheduler {
  request(): void;
  close(): void;
}

/**
 * Node has setImmediate, and needs it: Node hands a MessagePort up to 1,000 messages in one turn
 * of its event loop (node_messaging.cc, MessagePort::OnMessage), so a busy machine that posts to
 * itself would keep timers and sockets waiting for a second. A browser has no setImmediate, but
 * schedules each message as a task.
 */
export function createImmediateScheduler(callback: () => void): ImmediateScheduler {
  return typeof nodeGlobals.setImmediate === 'function'
    ? immediateByCheckPhase(callback, nodeGlobals.setImmediate)
    : immediateByMessage(callback);
}

const nodeGlobals = globalThis as { setImmediate?: (callback: () => void) => unknown };

function immediateByCheckPhase(
  callback: () => void,
  setImmediate: (callback: () => void) => unknown,
): ImmediateScheduler {
  let closed = false;
  return {
    request: () => {
      setImmediate(() => {
        if (!closed) callback();
      });
    },
    close: () => {
      closed = true;
    },
  };
}

/** Through a MessageChannel: setTimeout would be held back to 4 ms when nested. */
export function immediateByMessage(callback: () => void): ImmediateScheduler {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    callback();
  };
  return {
    request: () => {
      port2.postMessage(undefined);
    },
    close: () => {
      port1.onmessage = null;
      port1.close();
      port2.close();
    },
  };
}
