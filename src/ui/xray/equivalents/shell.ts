import { quote } from '#base/shell-quote.ts';

export function commandLine(...words: readonly (string | undefined)[]): string {
  return words
    .filter((word) => word !== undefined)
    .map(quote)
    .join(' ');
}

/** What writes a text into a file of the working directory. */
export function hereDocument(file: string, text: string): string {
  return `cat > ${quote(file)} <<'END'\n${text}\nEND`;
}
