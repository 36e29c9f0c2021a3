import path from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { pagesPlugin } from '../../../site/pages/plugin.ts';
import { sitePlugin } from '../../../site/plugin.ts';

const root = path.join(import.meta.dirname, '../../..');

/** Builds pages over a fake node, with the site's policy. Never part of the site. */
export default defineConfig({
  root,
  base: './',
  plugins: [
    pagesPlugin({ only: { playground: '/test/browser/page/fake-playground.ts' } }),
    svelte(),
    sitePlugin(),
  ],
  build: {
    outDir: path.join(root, 'test-results/page'),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    target: ['chrome123', 'firefox121', 'safari17.5'],
    copyPublicDir: false,
    reportCompressedSize: false,
  },
});
