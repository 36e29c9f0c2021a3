import { webLocks } from '#rpc/life-lock.ts';

/**
 * Which builds of the site have a page open, known by the Web Locks that their workers hold: what
 * an older page may still read must stay in the browser's cache.
 */
function nameOf(guest: URL, manifestDigest: string): string {
  return `sandglass-build ${guest.href} ${manifestDigest}`;
}

/** Tells other pages, until this worker's end, that the build is in use. */
export function holdBuildLock(guest: URL, manifestDigest: string): void {
  const held = webLocks()?.request(
    nameOf(guest, manifestDigest),
    { mode: 'shared' },
    () => new Promise<never>(() => undefined),
  );
  // Refused where storage is blocked: there is no cache either then.
  held?.catch(() => undefined);
}

/** Whether a page of another build of the same site is open. Where nobody can know, one may be. */
export async function isUsedByOtherBuilds(guest: URL, manifestDigest: string): Promise<boolean> {
  try {
    const state = await webLocks()?.query();
    if (!state?.held) return true;
    const own = nameOf(guest, manifestDigest);
    return state.held.some(({ name }) => name?.startsWith(nameOf(guest, '')) && name !== own);
  } catch {
    return true;
  }
}
