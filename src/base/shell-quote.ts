/** A word as sh(1) takes it: itself, or quoted. What could move a terminal's cursor is escaped, as $'…' allows. */
export function quote(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (hasControls(word)) return `$'${Array.from(word, escaped).join('')}'`;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function hasControls(word: string): boolean {
  return Array.from(word).some(isControl);
}

function isControl(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

function escaped(character: string): string {
  if (character === "'" || character === '\\') return `\\${character}`;
  const code = character.codePointAt(0) ?? 0;
  return isControl(character) ? `\\x${code.toString(16).padStart(2, '0')}` : character;
}
