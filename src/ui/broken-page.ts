/** What the reader sees when the page's own code could not be fetched: there is no Svelte to say it. */
export function showBrokenPage(): void {
  const note = document.createElement('p');
  note.className = 'first-note';
  note.setAttribute('role', 'alert');
  const again = document.createElement('button');
  again.className = 'button primary';
  again.textContent = 'Reload';
  again.onclick = () => {
    location.reload();
  };
  note.append('A part of this page could not be fetched; the network may be down. ', again);
  document.getElementById('app')?.append(note);
}
