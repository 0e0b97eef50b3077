import { preact } from '@preact/preset-vite';
import { defineConfig } from 'vite';

/**
 * Builds the static pages. Paths are relative, so that any host can serve them under any path. Nothing is inlined: the pages run under
 * a policy that admits scripts, styles and images from their own origin only. Each page is one more `input`.
 */
export default defineConfig({
  base: './',
  plugins: [preact()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    cssTarget: ['chrome126', 'firefox126', 'safari18'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: {
        playground: new URL('index.html', import.meta.url).pathname,
        dashboard: new URL('ui/index.html', import.meta.url).pathname,
      },
      // The Markdown parser asserts on the console what odd answers make untrue.
      output: { minify: { compress: { dropConsole: true } } },
    },
  },
});
