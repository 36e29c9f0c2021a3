import type { ByteSource } from '#base/byte-stream.ts';
import { ExitError, failure } from '#cli/command/errors.ts';
import { isTerminal } from '#cli/text/io.ts';
import { string } from '#cli/urfave/flags.ts';
import type { CrictlContext } from '#cli/crictl/context.ts';

/** What names the user of a registry, as every command has it that pulls. */
export const authUsage =
  "Use `AUTH_STRING` for accessing the registry. AUTH_STRING is a base64 encoded 'USERNAME[:PASSWORD]'";
export const credsUsage = 'Use `USERNAME[:PASSWORD]` for accessing the registry';

export const loginFlags = { auth: string(authUsage), creds: string(credsUsage) };

export interface Login {
  username: string;
  password: string;
  auth: string;
}

/** Who pulls, if that is said (crictl, image.go, getAuth). */
export async function loginOf(
  context: CrictlContext,
  { creds, auth, username }: { creds: string; auth: string; username: string },
): Promise<Login | undefined> {
  if (username !== '') {
    return { username, password: await askPassword(context), auth: '' };
  }
  if (creds !== '' && auth !== '') throw failure('both `--creds` and `--auth` are specified');
  if (creds !== '') {
    const [name = '', ...rest] = creds.split(':');
    if (rest.length > 0 && name === '') throw failure("username can't be empty");
    return { username: name, password: rest.join(':'), auth: '' };
  }
  return auth === '' ? undefined : { username: '', password: '', auth };
}

async function askPassword({ invocation, out, signal }: CrictlContext): Promise<string> {
  await out.write('Enter Password:');
  if (!isTerminal(invocation, 'stdin')) {
    await out.line();
    throw failure('inappropriate ioctl for device');
  }
  invocation.terminal?.setRaw(true);
  try {
    return await readPassword(invocation.stdin, signal);
  } finally {
    invocation.terminal?.setRaw(false);
    await out.line();
  }
}

const [interrupt, endOfFile, backspace, remove] = [3, 4, 8, 127];

/** What is typed until Enter, with what a terminal would do itself were it not raw. */
async function readPassword(keys: ByteSource, signal: AbortSignal): Promise<string> {
  const typed: number[] = [];
  for (let bytes = await keys.read(signal); bytes; bytes = await keys.read(signal)) {
    for (const byte of bytes) {
      if (byte === interrupt) throw new ExitError(130);
      if (byte === 0x0d || byte === 0x0a || byte === endOfFile) return text(typed);
      if (byte === backspace || byte === remove) typed.pop();
      else typed.push(byte);
    }
  }
  return text(typed);
}

function text(bytes: readonly number[]): string {
  return new TextDecoder().decode(Uint8Array.from(bytes));
}
