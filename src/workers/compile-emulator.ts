import { SandglassError } from '#base/errors.ts';

/** v86.wasm, compiled while it arrives, which also lets the browser keep the compiled code. */
export async function compileEmulator(url: URL): Promise<WebAssembly.Module> {
  const response = await fetch(url).catch((cause: unknown) => {
    throw unavailable('the network or the site’s host did not answer', cause);
  });
  if (!response.ok) throw unavailable(`the site’s host answered ${response.status}`);
  // compileStreaming insists on the MIME type, which not every host knows.
  if (response.headers.get('Content-Type') === 'application/wasm') {
    return WebAssembly.compileStreaming(response);
  }
  return WebAssembly.compile(await response.arrayBuffer());
}

function unavailable(why: string, cause?: unknown): SandglassError {
  return new SandglassError('unavailable', `Could not fetch the emulator: ${why}.`, { cause });
}
