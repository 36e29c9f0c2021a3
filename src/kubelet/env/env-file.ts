import { SandglassError } from '#base/errors.ts';

/** pkg/kubelet/kubelet_pods.go: bytes that a value out of a file may have. */
const maxValue = 32 * 1024;

/**
 * The value that a file gives a variable; undefined if it gives none. Its lines are `NAME='value'`, as a shell would
 * read them: what stands between the quotes is the value as it is, over lines too. Empty lines and those that begin
 * with `#` do not count (pkg/kubelet/util/env/env_util.go, ParseEnv). Throws `invalid-argument` with the line before
 * the variable that is no such thing, and why.
 */
export function parseEnvFile(text: string, key: string): string | undefined {
  for (const { name, value } of assignments(text)) {
    if (name !== key) continue;
    if (new TextEncoder().encode(value).length > maxValue) {
      throw new SandglassError(
        'invalid-argument',
        `environment variable value for key "${key}" exceeds ${maxValue} bytes`,
      );
    }
    return value;
  }
  return undefined;
}

interface Assignment {
  name: string;
  value: string;
}

function* assignments(text: string): Generator<Assignment, void, undefined> {
  // Both ends of a line count as its end, within quotes too (bufio.ScanLines).
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/);
  const rest = lines.entries();
  for (const [index, whole] of rest) {
    const line = whole.replace(/^[ \t]+/, '');
    if (line === '' || line.startsWith('#')) continue;
    const { name, begin } = splitAssignment(line, index);
    // As in a shell, where what follows the blank is a command.
    if (/^[ \t]/.test(begin)) yield { name, value: '' };
    else yield { name, value: quotedValue(begin, index, rest) };
  }
}

function splitAssignment(line: string, index: number): { name: string; begin: string } {
  const equals = line.indexOf('=');
  if (equals < 0) throw invalid(`at line ${index + 1}: missing '='`);
  const name = line.slice(0, equals);
  if (name === '') throw invalid(`at line ${index + 1}: empty variable name`);
  if (/[ \t]$/.test(name)) {
    throw invalid(`at line ${index + 1}: whitespace before '=' is not allowed`);
  }
  return { name, begin: line.slice(equals + 1) };
}

/** Takes as many of the lines that follow as the value has. */
function quotedValue(begin: string, index: number, following: Iterator<[number, string]>): string {
  if (!begin.startsWith("'")) {
    throw invalid(`at line ${index + 1}: value must be enclosed in single quotes`);
  }
  let value = '';
  let [at, line] = [index, begin.slice(1)];
  for (let close = line.indexOf("'"); close < 0; close = line.indexOf("'")) {
    value += `${line}\n`;
    const next = following.next();
    if (next.done) throw invalid(`starting at line ${index + 1}: unclosed single quote`);
    [at, line] = next.value;
  }
  const close = line.indexOf("'");
  if (!/^[ \t]*(?:#|$)/.test(line.slice(close + 1))) {
    throw invalid(`at line ${at + 1}: unexpected content after closing quote`);
  }
  return value + line.slice(0, close);
}

function invalid(why: string): SandglassError {
  return new SandglassError('invalid-argument', `invalid environment variable format ${why}`);
}
