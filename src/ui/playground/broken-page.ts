/** What the reader sees without the page's own code, in a sentence: there is no Svelte to say it. */
export function showBrokenPage(sentence: string): void {
  document.querySelector('.first-note')?.remove();
  const note = document.createElement('p');
  note.className = 'first-note';
  note.setAttribute('role', 'alert');
  const again = document.createElement('button');
  again.className = 'button primary';
  again.textContent = 'Reload';
  again.onclick = () => {
    location.reload();
  };
  note.append(`${sentence} `, again);
  document.getElementById('app')?.append(note);
}
