/**
 * What the reader sees without the page's own code: a sentence, and a button that loads the page anew. There is no
 * Svelte to draw it.
 */
export function showBrokenPage(sentence: string, reload: string): void {
  hideBrokenPage();
  const note = document.createElement('p');
  note.className = 'first-note broken';
  note.setAttribute('role', 'alert');
  const again = document.createElement('button');
  again.className = 'button primary';
  again.textContent = reload;
  again.onclick = () => {
    location.reload();
  };
  note.append(`${sentence} `, again);
  document.body.append(note);
}

export function hideBrokenPage(): void {
  document.querySelector('.first-note.broken')?.remove();
}
