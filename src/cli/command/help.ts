import { compareText } from '#cli/text/json.ts';
import type { Command } from './command.ts';
import type { Flags } from './flags.ts';

export interface HelpGroup {
  title: string;
  names: readonly string[];
}

export interface HelpSettings {
  /** How the root's commands are grouped; the rest comes as others. */
  groups: readonly HelpGroup[];
}

/** A command's help, laid out as kubectl's (kubectl, pkg/util/templates). */
export function helpText<C>(chain: readonly Command<C>[], { groups }: HelpSettings): string {
  const current = chain.at(-1);
  const root = chain[0];
  if (!current || !root) return '';
  const path = chain.map(({ name }) => name).join(' ');
  const isRoot = chain.length === 1;
  const hasSubcommands = current.subcommands.some(({ hidden }) => !hidden);
  const sections = [
    current.aliases.length > 0 && `Aliases:\n${[current.name, ...current.aliases].join(', ')}`,
    current.examples.length > 0 && `Examples:\n${examplesText(current.examples)}`,
    hasSubcommands && subcommandsText(current, isRoot ? groups : []),
    !isRoot && optionsText('Options:', current.flags),
    `Usage:\n  ${usageLine(current, path)}`,
    [
      hasSubcommands &&
        `Use "${path} <command> --help" for more information about a given command.`,
      `Use "${root.name} options" for a list of global command-line options (applies to all commands).`,
    ]
      .filter(Boolean)
      .join('\n'),
  ];
  const description = current.long === '' ? current.short : current.long;
  return `${[description, ...sections.filter(Boolean)].join('\n\n')}\n`;
}

/** There are always the options that every command takes. */
function usageLine<C>(current: Command<C>, path: string): string {
  const line = current.use === '' ? path : `${path} ${current.use}`;
  return line.includes('[options]') ? line : `${line} [options]`;
}

function examplesText(examples: Command<never>['examples']): string {
  return examples.map(([what, line]) => `  # ${what}\n  ${line}`).join('\n  \n');
}

/** As `kubectl options` shows the options that every command takes. */
export function optionsText(title: string, flags: Flags): string | undefined {
  const visible = Object.entries(flags)
    .filter(([, { hidden }]) => !hidden)
    .sort(([one], [other]) => compareText(one, other));
  if (visible.length === 0) return undefined;
  const lines = visible.map(([name, flag]) => {
    const shown = flag.show(flag.initial);
    const short = flag.shorthand === undefined ? '' : `-${flag.shorthand}, `;
    return `    ${short}--${name}=${flag.isText ? `'${shown}'` : shown}:\n\t${flag.usage}`;
  });
  return `${title}\n${lines.join('\n\n')}`;
}

function subcommandsText<C>(current: Command<C>, groups: readonly HelpGroup[]): string {
  const visible = current.subcommands.filter(({ hidden, name }) => !hidden && name !== 'options');
  const width = Math.max(...visible.map(({ name }) => name.length), 11);
  const line = ({ name, short }: Command<C>) => `  ${name.padEnd(width)}   ${short}`;
  const sections = groups.map(({ title, names }) => [
    title,
    ...names.flatMap((name) => visible.filter((one) => one.name === name)).map(line),
  ]);
  const grouped = groups.flatMap(({ names }) => names);
  const others = visible.filter(({ name }) => !grouped.includes(name));
  if (others.length > 0) {
    const title = groups.length > 0 ? 'Other Commands:' : 'Available Commands:';
    sections.push([title, ...others.map(line)]);
  }
  return sections
    .filter((section) => section.length > 1)
    .map((section) => section.join('\n'))
    .join('\n\n');
}
