import type { App, Command } from './command.ts';
import { type Flags, namesOf } from './flags.ts';
import { helpCommand, helpFlag, versionFlag } from './help.ts';

/** What completes an app's command line in fish (urfave/cli, fish.go, ToFishCompletion); the command that prints it has a help command by then. */
export function fishCompletion<C, G extends Flags>(app: App<C, G>, running: string): string {
  return new FishCompletion(app, running).text;
}

type Listed = Pick<Command<never>, 'name' | 'aliases' | 'usage'> &
  Partial<Pick<Command<never>, 'flags'>> & { subcommands?: readonly Listed[] };

class FishCompletion {
  readonly text: string;
  readonly #name: string;
  readonly #running: string;
  readonly #names: string[] = [];
  readonly #lines: string[] = [];

  constructor(app: App<never, Flags>, running: string) {
    this.#name = app.name;
    this.#running = running;
    const { commands, globals } = app;
    this.#flags({ ...globals, help: helpFlag, version: versionFlag }, []);
    this.#flags({ help: helpFlag }, []);
    this.#flags({ version: versionFlag }, []);
    this.#commands([...commands, helpCommand], []);
    const names = this.#names.map((name) => ` ${name}`).join('');
    this.text = `# ${app.name} fish shell completion

function __fish_${app.name}_no_subcommand --description 'Test if there has been any subcommand yet'
    for i in (commandline -opc)
        if contains -- $i${names}
            return 1
        end
    end
    return 0
end

${this.#lines.map((line) => `${line}\n`).join('')}`;
  }

  #commands(commands: readonly Listed[], after: readonly string[]): void {
    for (const { name, aliases, usage, flags = {}, subcommands = [] } of commands) {
      const names = [name, ...aliases];
      this.#flags({ help: helpFlag }, names);
      this.#names.push(...names);
      const description = usage === '' ? '' : ` -d '${quoted(usage)}'`;
      this.#lines.push(
        `complete -r -c ${this.#name} -n '${this.#condition(after)}' -a '${names.join(' ')}'${description}`,
      );
      const isRunning = name === this.#running;
      this.#flags(isRunning ? { ...flags, help: helpFlag } : flags, names);
      this.#commands(isRunning ? [...subcommands, helpCommand] : subcommands, names);
    }
  }

  #flags(flags: Flags, after: readonly string[]): void {
    for (const [name, flag] of Object.entries(flags)) {
      const names = namesOf(name, flag).map((one, at) => ` -${at === 0 ? 'l' : 's'} ${one}`);
      const parts = [
        `complete -c ${this.#name} -n '${this.#condition(after)}'`,
        flag.isFile ? '' : ' -f',
        ...names,
        flag.kind === 'bool' ? '' : ' -r',
        flag.usage === '' ? '' : ` -d '${quoted(flag.usage)}'`,
      ];
      this.#lines.push(parts.join(''));
    }
  }

  #condition(after: readonly string[]): string {
    return after.length === 0
      ? `__fish_${this.#name}_no_subcommand`
      : `__fish_seen_subcommand_from ${after.join(' ')}`;
  }
}

function quoted(text: string): string {
  return text.replaceAll("'", "\\'");
}
