import { asSandglassError } from '#base/errors.ts';
import { ExitError } from '#cli/command/errors.ts';
import type { App, Command } from './command.ts';
import type { Flags, Values } from './flags.ts';
import { appHelp, commandHelp, helpCommand, helpFlag, versionFlag } from './help.ts';
import { type ParsedFlags, parseFlags } from './parse-flags.ts';

export interface AppRun<C, G extends Flags> {
  words: readonly string[];
  env: Readonly<Record<string, string>>;
  print: (text: string) => Promise<void>;
  /** What the commands work with, by the options before them. */
  prepare: (globals: Values<G>, isGiven: (name: keyof G & string) => boolean) => Promise<C>;
}

/** Runs a command line as urfave/cli does (command.go, Command.Run). */
export async function runApp<C, G extends Flags>(app: App<C, G>, run: AppRun<C, G>): Promise<void> {
  await new Runner(app, run).root();
}

const isHelp = (word: string | undefined) =>
  word === helpCommand.name || (word !== undefined && helpCommand.aliases.includes(word));

class Runner<C, G extends Flags> {
  readonly #app: App<C, G>;
  readonly #run: AppRun<C, G>;

  constructor(app: App<C, G>, run: AppRun<C, G>) {
    this.#app = app;
    this.#run = run;
  }

  async root(): Promise<void> {
    const app = this.#app;
    const flags = { ...app.globals, help: helpFlag, version: versionFlag };
    const showHelp = () => this.#run.print(appHelp(app));
    const parsed = await this.#parse(flags, this.#run.words, false, showHelp);
    if (parsed.values['help'] === true) {
      const [topic] = parsed.args;
      await (topic === undefined ? showHelp() : this.#topic(app.commands, app.name, topic));
      return;
    }
    if (parsed.values['version'] === true) {
      await this.#run.print(`${app.name} version ${app.version}\n`);
      return;
    }
    const isGiven = (name: string) => parsed.given.has(name);
    const context = await this.#run.prepare(parsed.values as Values<G>, isGiven);
    const [name, ...rest] = parsed.args;
    if (name === undefined) return showHelp();
    const command = named(app.commands, name);
    if (command) return this.#command(command, app.name, rest, context);
    if (!isHelp(name)) throw noTopic(name);
    const [topic] = rest;
    return topic === undefined ? showHelp() : this.#topic(app.commands, app.name, topic);
  }

  async #command(
    command: Command<C>,
    parent: string,
    words: readonly string[],
    context: C,
  ): Promise<void> {
    const path = `${parent} ${command.name}`;
    const { subcommands } = command;
    /** As upstream shows it from within the command, where it has a help command of its own. */
    const showHelp = () =>
      this.#run.print(commandHelp({ path, command, subcommands: [...subcommands, helpCommand] }));
    const flags = { ...command.flags, help: helpFlag };
    const parsed = await this.#parse(flags, words, command.shortOptions, showHelp);
    const [first, ...rest] = parsed.args;
    if (parsed.values['help'] === true) {
      if (first !== undefined) return this.#topic(subcommands, path, first);
      return subcommands.length === 0
        ? this.#run.print(commandHelp({ path, command, subcommands: [] }))
        : showHelp();
    }
    const subcommand = named(subcommands, first);
    if (subcommand) return this.#command(subcommand, path, rest, context);
    if (isHelp(first)) {
      const [topic] = rest;
      if (topic !== undefined) return this.#topic(subcommands, path, topic);
      return subcommands.length === 0
        ? this.#run.print(commandHelp({ path, command, subcommands: [] }))
        : showHelp();
    }
    await command.run({
      context,
      flags: parsed.values,
      isGiven: (name) => parsed.given.has(name),
      args: parsed.args,
      showHelp,
    });
  }

  /** Wrong options are told of on the standard output, with the help. */
  async #parse(
    flags: Flags,
    words: readonly string[],
    shortOptions: boolean,
    showHelp: () => Promise<void>,
  ): Promise<ParsedFlags> {
    try {
      return parseFlags(flags, words, { env: this.#run.env, shortOptions });
    } catch (error) {
      await this.#run.print(`Incorrect Usage: ${asSandglassError(error).message}\n\n`);
      await showHelp();
      throw error;
    }
  }

  async #topic(commands: readonly Command<C>[], parent: string, name: string): Promise<void> {
    const command = named(commands, name);
    if (!command) {
      if (!isHelp(name)) throw noTopic(name);
      await this.#run.print(
        commandHelp({ path: ` ${helpCommand.name}`, command: helpCommand, subcommands: [] }),
      );
      return;
    }
    const { subcommands } = command;
    const listed = subcommands.length === 0 ? [] : [...subcommands, helpCommand];
    const path = `${parent} ${command.name}`;
    await this.#run.print(commandHelp({ path, command, subcommands: listed }));
  }
}

function named<C>(commands: readonly Command<C>[], name: string | undefined) {
  if (name === undefined) return undefined;
  return commands.find((one) => one.name === name || one.aliases.includes(name));
}

function noTopic(name: string): ExitError {
  return new ExitError(3, `No help topic for '${name}'`);
}
