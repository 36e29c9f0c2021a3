/** Settles light or dark before the first paint, which the whole page's code would be too late for. */
export function applySavedTheme(): void {
  const theme = /"theme":"(light|dark)"/.exec(readSettings())?.[1];
  if (theme) document.documentElement.dataset['theme'] = theme;
}

function readSettings(): string {
  try {
    return localStorage.getItem('sandglass.settings') ?? '';
  } catch {
    return '';
  }
}
