import type { CommandOptions, CommandResult } from './command.ts';

/** Where the recipes' commands run: on this machine, or in a container of the right Debian. */
export interface Toolbox {
  /** How many jobs make(1) may run. */
  readonly processors: number;
  run(command: string, args: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  /** Makes sure that these Debian packages are installed where commands run. */
  ensure(packages: readonly string[], signal?: AbortSignal): Promise<void>;
  /**
   * A folder for files that only commands touch, as commands see it: `folder` itself on this
   * machine. A container keeps it on a disk of its own, as a Mac's tells no case apart and the
   * kernel's source has files that differ in nothing else.
   */
  scratch(folder: string): Promise<string>;
  close(): Promise<void>;
}
