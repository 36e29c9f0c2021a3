/** Breaks lines at spaces before they grow too long; words that are longer stay whole (as mitchellh/go-wordwrap). */
export function wrapText(text: string, limit: number): string {
  let wrapped = '';
  let column = 0;
  let [space, word] = ['', ''];
  const flush = () => {
    column += space.length + word.length;
    wrapped += space + word;
    space = word = '';
  };
  for (const character of text) {
    if (character === '\n') {
      if (word === '' && column + space.length > limit) space = '';
      flush();
      wrapped += '\n';
      column = 0;
    } else if (/^\s$/u.test(character) && character !== '\u00a0') {
      if (space === '' || word !== '') flush();
      space += character;
    } else {
      word += character;
      if (column + space.length + word.length > limit && word.length < limit) {
        wrapped += '\n';
        column = 0;
        space = '';
      }
    }
  }
  if (word !== '' || column + space.length <= limit) wrapped += space + word;
  return wrapped;
}

export function indentText(text: string, amount: number): string {
  const margin = ' '.repeat(amount);
  return margin + text.replaceAll('\n', `\n${margin}`);
}
