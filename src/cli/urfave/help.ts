import { TabWriter } from '#cli/text/tab-writer.ts';
import type { App, Command } from './command.ts';
import { type Flag, type Flags, action, namesOf } from './flags.ts';

/** urfave/cli, help.go, printHelpCustom */
const tabOptions = { minWidth: 1, padding: 2 };

export const helpFlag = action('show help', { aliases: ['h'] });
export const versionFlag = action('print the version', { aliases: ['v'] });

/** What help shows of a command. */
type Listed = Pick<Command<never>, 'name' | 'aliases' | 'usage'>;

export const helpCommand: HelpOfCommand['command'] = {
  name: 'help',
  aliases: ['h'],
  usage: 'Shows a list of commands or help for one command',
  usageText: '',
  argsUsage: '[command]',
  description: '',
  flags: {},
  shortOptions: false,
};

export interface HelpOfCommand {
  /** `crictl ps` */
  path: string;
  command: Omit<Command<never>, 'run' | 'subcommands'>;
  /** Those to be listed, if any. */
  subcommands: readonly Listed[];
}

/** urfave/cli, template.go, CommandHelpTemplate and SubcommandHelpTemplate */
export function commandHelp({ path, command, subcommands }: HelpOfCommand): string {
  const { usage, usageText, argsUsage, description, flags } = command;
  const args = argsUsage === '' ? '' : ` ${argsUsage}`;
  const line = usageText === '' ? `${path} [command options]${args}` : indented(usageText, 3);
  return aligned([
    `NAME:\n   ${nameLine(path, usage)}`,
    `USAGE:\n   ${line}`,
    description === '' ? undefined : `DESCRIPTION:\n   ${indented(description, 3)}`,
    subcommands.length === 0 ? undefined : `COMMANDS:${commandLines(subcommands)}`,
    `OPTIONS:${flagLines({ ...flags, help: helpFlag })}`,
  ]);
}

/** urfave/cli, template.go, AppHelpTemplate */
export function appHelp<C, G extends Flags>(app: App<C, G>): string {
  const { name, usage, version, globals, commands } = app;
  return aligned([
    `NAME:\n   ${nameLine(name, usage)}`,
    `USAGE:\n   ${name} [global options] command [command options]`,
    `VERSION:\n   ${version}`,
    `COMMANDS:${commandLines([...commands, helpCommand])}`,
    `GLOBAL OPTIONS:${flagLines({ ...globals, help: helpFlag, version: versionFlag })}`,
  ]);
}

function aligned(sections: readonly (string | undefined)[]): string {
  const writer = new TabWriter(tabOptions);
  const present = sections.filter((section) => section !== undefined);
  writer.write(`${present.join('\n\n')}\n`);
  return writer.flush();
}

function nameLine(path: string, usage: string): string {
  return `${path} - ${indented(usage, path.length + 6)}`;
}

/** Lines after the first stand further in. */
function indented(text: string, spaces: number): string {
  return text.replaceAll(/\n(?=[^\n])/g, `\n${' '.repeat(spaces)}`);
}

function commandLines(commands: readonly Listed[]): string {
  const shown = commands.map(({ name, aliases, usage }) => ({
    names: [name, ...aliases].join(', '),
    usage,
  }));
  const column = Math.max(...shown.map(({ names }) => names.length)) + 5;
  const lines = shown.map(
    ({ names, usage }) => `\n   ${names.padEnd(column - 3)}${indented(usage, column)}`,
  );
  return lines.join('');
}

function flagLines(flags: Flags): string {
  const lines = Object.entries(flags).map(
    ([name, flag]) => `\n   ${indented(flagText(name, flag), 6)}`,
  );
  return lines.join('');
}

/** urfave/cli, flag.go, stringifyFlag */
export function flagText(name: string, flag: Flag<unknown>): string {
  const { kind, defaultText, environment } = flag;
  const [, quoted] = /`([^`]*)`/.exec(flag.usage) ?? [];
  const usage = flag.usage.replace(/`([^`]*)`/, '$1');
  const value = kind === 'bool' ? '' : ` ${quoted ?? 'value'}`;
  const names = namesOf(name, flag)
    .map((one) => `${one.length === 1 ? '-' : '--'}${one}${value}`)
    .join(', ');
  const shown = kind === 'list' ? `${names} [ ${names} ]` : names;
  const initial = defaultText === '' ? '' : ` (default: ${defaultText})`;
  const hint =
    environment.length === 0 ? '' : ` [${environment.map((one) => `$${one}`).join(', ')}]`;
  return `${shown}\t${`${usage}${initial}`.trim()}${hint}`;
}
