// What site/guest-manifest.ts and Vite build into a worker's script.

/** Where the guest's images are, relative to the script. */
declare const __GUEST_BASE__: string;
/** The SHA-256 of guest/manifest.json, in hex. */
declare const __GUEST_MANIFEST_SHA256__: string;
/** The size and the SHA-256, in hex, of v86.wasm. */
declare const __EMULATOR_FILE__: { bytes: number; sha256: string };

/** The address of a file that the site serves beside the script. */
declare module '*.wasm?url' {
  const url: string;
  export default url;
}
