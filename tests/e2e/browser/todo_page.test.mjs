// todo_page.mjs against the stand-in of the region: the page must be built (`npm run build` in examples/todo/web).
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';

const web = fileURLToPath(new URL('../../../examples/todo/web/', import.meta.url));
const script = fileURLToPath(new URL('todo_page.mjs', import.meta.url));

async function startServer(t) {
  const server = spawn(process.execPath, ['tests/fake_server.mjs', '--port', '0'], {
    cwd: web,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => server.kill());
  for await (const line of createInterface({ input: server.stdout })) return line;
  throw new Error('the server ended before it served');
}

function run(args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.on('close', (code) => resolve({ code, output }));
  });
}

test('passes against a page that works', { timeout: 150_000 }, async (t) => {
  const url = await startServer(t);
  const { code, output } = await run([url, '--host-resolver', 'none']);
  assert.equal(code, 0, output);
  assert.match(output, /checks passed/);
});

test('fails where nothing listens', { timeout: 60_000 }, async () => {
  const { code, output } = await run(['http://127.0.0.1:1/']);
  assert.equal(code, 1, output);
  assert.match(output, /^FAIL {2}en: the page loads/m);
});

test('explains itself', async () => {
  const { code, output } = await run([]);
  assert.equal(code, 2);
  assert.match(output, /usage:/);
});
