import { SandglassError } from '#base/errors.ts';

/** Where something stands in the content: the file below `lessons/`, and the line in it, from 1 on. */
export interface Place {
  file: string;
  line?: number | undefined;
}

/** A mistake in a lesson, said as a compiler says it, for an editor to jump to. */
export function contentError({ file, line }: Place, message: string): SandglassError {
  const where = line === undefined ? file : `${file}:${line}`;
  return new SandglassError('invalid-argument', `lessons/${where}: ${message}`);
}
