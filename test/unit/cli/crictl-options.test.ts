import { describe, expect, it } from 'vitest';
import { startCrictl } from './crictl-session.ts';

const help = `NAME:
   crictl stop - Stop one or more running containers

USAGE:
   crictl stop [command options] CONTAINER-ID [CONTAINER-ID...]

OPTIONS:
   --all, -a                  Stop all running containers (default: false)
   --timeout value, -t value  Seconds to wait to kill the container after a graceful stop is requested (default: 0)
   --help, -h                 show help
`;

describe('help', () => {
  it.each(['stop --help', 'stop -h', 'help stop', 'stop help'])('%s', async (line) => {
    const { crictl } = await startCrictl();
    expect(await crictl(line)).toEqual({ code: 0, out: help, err: '' });
  });

  it('lists the commands, and their other names', async () => {
    const { crictl } = await startCrictl();
    const { out } = await crictl('');
    expect(out).toContain('\n   images, image, img     List images\n');
    expect(out).toContain(
      '\n   help, h                Shows a list of commands or help for one command\n',
    );
  });

  it('of what does not exist', async () => {
    const { crictl } = await startCrictl();
    expect(await crictl('frob')).toEqual({ code: 3, out: '', err: "No help topic for 'frob'\n" });
  });
});

describe('options', () => {
  it.each([
    ['-x a', 'flag provided but not defined: -x'],
    ['-ax b', 'flag provided but not defined: -ax'],
    ['-t', 'flag needs an argument: -t'],
    ['-t x', 'invalid value "x" for flag -t: parse error'],
    ['--all=maybe', 'invalid boolean value "maybe" for -all: parse error'],
    ['-a --all', 'Cannot use two forms of the same flag: a all'],
    ['---a', 'bad flag syntax: ---a'],
  ])('stop %s', async (words, message) => {
    const { crictl } = await startCrictl();
    const { code, out, err } = await crictl(`stop ${words}`);
    expect(code).toBe(1);
    expect(out.split('\n').slice(0, 3)).toEqual([`Incorrect Usage: ${message}`, '', 'NAME:']);
    expect(err).toContain(`level=fatal msg=`);
  });

  it('end at the first word that is none, and may be joined', async () => {
    const stopped: [string, bigint][] = [];
    const { crictl } = await startCrictl({
      runtime: {
        stopContainer: ({ containerId, timeout }) => {
          stopped.push([containerId, timeout]);
          return {};
        },
      },
    });
    expect((await crictl('stop -t 0x10 a b')).out).toBe('a\nb\n');
    expect(stopped).toEqual([
      ['a', 16n],
      ['b', 16n],
    ]);
    expect(await crictl('stop -a x')).toMatchObject({
      code: 1,
      err: 'cannot specify CONTAINER-ID(s) when using --all\n',
    });
  });
});

it('takes the configuration’s file, and keeps its comments when it writes it', async () => {
  const { crictl, shell } = await startCrictl();
  await shell.files.write('/etc/crictl.yaml', '# mine\ntimeout: 3\n');
  expect((await crictl('config --get timeout')).out).toBe('3\n');
  await crictl('config --set debug=true,timeout=4');
  expect(await shell.files.text('/etc/crictl.yaml')).toBe(`# mine
timeout: 4
runtime-endpoint: ""
image-endpoint: ""
debug: true
pull-image-on-create: false
disable-pull-on-run: false
`);
  expect((await crictl('config --set timeout=x')).err).toContain('strconv.Atoi: parsing');
});
