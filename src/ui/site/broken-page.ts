/** What the reader sees without the page's own code, in a sentence: there is no Svelte to say it. */
export function showBrokenPage(sentence: string): void {
  hideBrokenPage();
  const note = document.createElement('p');
  note.className = 'first-note broken';
  note.setAttribute('role', 'alert');
  const again = document.createElement('button');
  again.className = 'button primary';
  again.textContent = 'Reload';
  again.onclick = () => {
    location.reload();
  };
  note.append(`${sentence} `, again);
  document.body.append(note);
}

export function hideBrokenPage(): void {
  document.querySelector('.first-note.broken')?.remove();
}
