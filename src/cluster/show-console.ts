import { BytePort } from '#base/byte-port.ts';
import { ByteQueue } from '#base/byte-queue.ts';
import { pipeBytes } from '#base/byte-stream.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import type { Machine } from '#vm/machine.ts';

/** Bytes of console output that may wait for a slow reader; a kernel log is a tenth of it. */
const backlog = 4 << 20;

/** A reader who finds a cursor and no prompt would type in vain. */
const welcome = '[The serial console: kernel messages appear here; there is no shell on it.]\r\n';

/** What of the console a snapshot keeps: a machine started from it has printed nothing itself. */
export interface SavedConsole {
  console?: string;
}

/** Shows a machine's serial console over a port: what it has shown so far, then what comes; typed bytes go in. */
export function showConsole({ console, restoredFrom }: Machine, port: MessagePort): void {
  const bytes = new BytePort(port);
  const output = new ByteQueue({ capacity: backlog, onCancel: () => stop() });
  const stop = console.listen((chunk) => {
    // A console has no flow control: a reader that far behind loses the view, with a reason.
    if (output.queued + chunk.length <= backlog) output.push(chunk);
    else {
      stop();
      output.fail(
        new SandglassError('resource-exhausted', 'The console shows more than can be followed.'),
      );
    }
  });
  const saved = (restoredFrom?.extra as SavedConsole | null | undefined)?.console ?? '';
  output.push(new TextEncoder().encode(welcome + saved));
  const shown = console.scrollback();
  if (shown.length > 0) output.push(shown);
  pipeBytes(output, bytes.outgoing).catch((error: unknown) => {
    stop();
    bytes.fail(asSandglassError(error));
  });
  void typeInto(console, bytes);
}

async function typeInto(console: Machine['console'], { incoming }: BytePort): Promise<void> {
  try {
    for (let chunk = await incoming.read(); chunk; chunk = await incoming.read())
      console.send(chunk);
  } catch {
    // The page has gone; the console goes on without it.
  }
}
