import { failure, wrapped } from '#cli/command/errors.ts';
import { bool } from '#cli/urfave/flags.ts';
import { type CrictlCall, crictlCommand } from '#cli/crictl/crictl-command.ts';
import { runSession } from './remote-session.ts';
import { checkTls, streamFlags, transportOf } from './stream-flags.ts';

const flags = {
  stdin: bool('Keep STDIN open', { aliases: ['i'] }),
  'tls-ca': streamFlags['tls-ca'],
  'tls-cert': streamFlags['tls-cert'],
  'tls-key': streamFlags['tls-key'],
  'tls-sni': streamFlags['tls-sni'],
  transport: streamFlags.transport,
  tty: bool('Allocate a pseudo-TTY', { aliases: ['t'] }),
};

export const attachCommand = crictlCommand({
  name: 'attach',
  usage: 'Attach to a running container',
  argsUsage: 'CONTAINER-ID',
  shortOptions: true,
  flags,
  run: attach,
});

async function attach({ context, flags: given, args, showHelp }: CrictlCall<typeof flags>) {
  const [id = ''] = args;
  if (id === '') throw failure('ID cannot be empty');
  if (args.length > 1) return showHelp();
  const runtime = await context.runtime();
  checkTls(given);
  const { stdin, tty } = given;
  await wrapped('attaching running container failed', async () => {
    const request = { containerId: id, tty, stdin, stdout: true, stderr: !tty };
    const url = await runtime.attach(request);
    const transport = transportOf(given, 'executor');
    await runSession(context, { url, stdin, tty, transport });
  });
}
