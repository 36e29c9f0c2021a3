import path from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { sitePlugin } from '../../../site/plugin.ts';

/** Builds the page over a fake node, with the site's policy. Never part of the site. */
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  publicDir: path.join(import.meta.dirname, '../../../public'),
  plugins: [svelte(), sitePlugin()],
  build: {
    outDir: path.join(import.meta.dirname, '../../../test-results/page'),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    target: ['chrome123', 'firefox121', 'safari17.5'],
    copyPublicDir: false,
    reportCompressedSize: false,
  },
});
