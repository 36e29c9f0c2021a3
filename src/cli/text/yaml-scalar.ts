/**
 * Which style kubectl writes a string in: what its YAML library (sigs.k8s.io/yaml, goyaml.v2: resolve.go,
 * encode.go, emitterc.go) takes for a number, a boolean, a time or nothing when unquoted gets quotes.
 */
export type ScalarStyle = 'plain' | 'single' | 'double' | 'literal';

const words = new Set(
  [
    'y Y yes Yes YES true True TRUE on On ON n N no No NO false False FALSE off Off OFF',
    '~ null Null NULL .nan .NaN .NAN .inf .Inf .INF +.inf +.Inf +.INF -.inf -.Inf -.INF <<',
  ]
    .join(' ')
    .split(' '),
);

const integer = /^[-+]?(0[xX][\da-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9]\d*)$/;
const float = /^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/;
const base60 = /^[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?$/;
const timestamp =
  /^\d{4}-\d{1,2}-\d{1,2}(?:(?:[Tt]| )\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?)?$/;

/** Whether it would be read back as something else than this text. */
function readsAsOther(text: string): boolean {
  if (text === '' || words.has(text)) return true;
  if (/^[-+.\d]/.test(text)) {
    const plain = text.replaceAll('_', '');
    if (integer.test(plain) || float.test(plain) || timestamp.test(text)) return true;
  }
  return base60.test(text);
}

interface Analysis {
  plain: boolean;
  single: boolean;
  block: boolean;
}

const firstIndicators = '#,[]{}&*!|>\'"%@`';

/** What of a text can be written how (libyaml's yaml_emitter_analyze_scalar). */
function analyse(text: string): Analysis {
  if (text === '') return { plain: true, single: true, block: false };
  const characters = Array.from(text);
  let indicators = text.startsWith('---') || text.startsWith('...');
  let [special, breaks, breakSpace, spaceBreak] = [false, false, false, false];
  let before: 'space' | 'break' | 'other' = 'other';
  characters.forEach((character, at) => {
    const beforeBlank = at + 1 >= characters.length || isBlank(characters[at + 1] ?? '');
    const afterBlank = at === 0 || isBlank(characters[at - 1] ?? '');
    indicators ||= isIndicator(character, { first: at === 0, beforeBlank, afterBlank });
    special ||= !isPrintable(character);
    const isBreak = isLineBreak(character);
    breaks ||= isBreak;
    breakSpace ||= character === ' ' && before === 'break';
    spaceBreak ||= isBreak && before === 'space';
    before = character === ' ' ? 'space' : isBreak ? 'break' : 'other';
  });
  const [first = '', last = ''] = [characters[0], characters.at(-1)];
  const isEdged = [first, last].some((one) => one === ' ' || isLineBreak(one));
  const wild = spaceBreak || special;
  return {
    plain: !(indicators || isEdged || breakSpace || wild || breaks),
    single: !(breakSpace || wild),
    block: !(last === ' ' || wild),
  };
}

function isIndicator(
  character: string,
  { first, beforeBlank, afterBlank }: { first: boolean; beforeBlank: boolean; afterBlank: boolean },
): boolean {
  if (first && firstIndicators.includes(character)) return true;
  if (first && (character === '-' || character === '?')) return beforeBlank;
  if (character === ':') return beforeBlank;
  return character === '#' && afterBlank;
}

export function isLineBreak(character: string): boolean {
  return /^[\r\n\u0085\u2028\u2029]$/.test(character);
}

function isBlank(character: string): boolean {
  return character === ' ' || character === '\t' || isLineBreak(character);
}

export function isPrintable(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  return (
    code === 0x0a ||
    (code >= 0x20 && code <= 0x7e) ||
    (code >= 0xa0 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd && code !== 0xfeff)
  );
}

export function scalarStyle(text: string, isKey: boolean): ScalarStyle {
  const { plain, single, block } = analyse(text);
  if (text.includes('\n')) return block && !isKey ? 'literal' : 'double';
  if (readsAsOther(text)) return 'double';
  if (plain) return 'plain';
  return single ? 'single' : 'double';
}
