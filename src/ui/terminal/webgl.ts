import type { Terminal } from '@xterm/xterm';

/** Draws a terminal by the graphics card where there is one, unless the terminal goes while that is loaded. */
export async function loadFastWebgl(terminal: Terminal, isDisposed: () => boolean): Promise<void> {
  if (!hasFastWebgl()) return;
  const { WebglAddon } = await import('@xterm/addon-webgl');
  if (isDisposed()) return;
  try {
    const webgl = new WebglAddon();
    // Browsers take contexts away when there are many; the DOM renderer goes on then.
    webgl.onContextLoss(() => {
      webgl.dispose();
    });
    terminal.loadAddon(webgl);
  } catch {
    // The browser has WebGL but not what the renderer needs of it: the DOM renderer stays.
  }
}

/** Names of WebGL that runs on the processor: Chromium's and Mesa's, and Windows' for lack of a driver. */
const softwareRenderers = /swiftshader|llvmpipe|softpipe|basic render/i;

let fastWebgl: boolean | undefined;

/** Software that imitates a graphics card would take the machine's processor time: the DOM is better then. */
function hasFastWebgl(): boolean {
  fastWebgl ??= probeWebgl();
  return fastWebgl;
}

function probeWebgl(): boolean {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('webgl2', { failIfMajorPerformanceCaveat: true });
  if (!context) return false;
  const names = context.getExtension('WEBGL_debug_renderer_info');
  const renderer: unknown = context.getParameter(
    names?.UNMASKED_RENDERER_WEBGL ?? context.RENDERER,
  );
  context.getExtension('WEBGL_lose_context')?.loseContext();
  return !softwareRenderers.test(String(renderer));
}
