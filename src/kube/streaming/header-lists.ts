/** The elements of a comma-separated header. */
export function listOf(value: string | null): string[] {
  return (value ?? '')
    .split(',')
    .map((element) => element.trim())
    .filter((element) => element !== '');
}

/** Whether `Connection` names this option; as upstream, a part of a word is enough (httpstream.IsUpgradeRequest). */
export function hasToken(headers: Headers, option: string): boolean {
  return (headers.get('connection') ?? '').toLowerCase().includes(option);
}
