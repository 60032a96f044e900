import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [react()],
  build: {
    // The page is served under a strict Content-Security-Policy: every script, style and picture is a file of its own.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
  },
  // `npm run dev` shows the page with the API of `npm run fake` behind it.
  server: {
    host: '127.0.0.1',
    proxy: { '/auth': 'http://127.0.0.1:4180', '/todo': 'http://127.0.0.1:4180' },
  },
  // css: one test reads the colours; otherwise style sheets would come empty.
  test: { include: ['tests/**/*.test.ts'], environment: 'node', css: true },
});
