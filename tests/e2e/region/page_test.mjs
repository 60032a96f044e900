// The page in a browser: by names under .localhost, of a load balancer and of an instance, and by one that only our DNS
// server knows.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { Region, root } from './region.mjs';
import { runAll, test } from './runner.mjs';

const execute = promisify(execFile);
// What a command printed is in the error when it fails.
const show = (error) => { throw new Error(`${error.stdout}\n${error.stderr}`); };
const region = await Region.make();
const apart = await Region.make();
const alone = await Region.make();
const page = `${root}/tests/e2e/browser/todo_page.mjs`;

test('the page, by app.todo.localhost', async () => {
  const { code, err } = await region.up();
  assert.equal(code, 0, err);
  const { stdout } = await execute('node', [page, `http://app.todo.localhost:${region.httpPort}/`]).catch(show);
  assert.match(stdout, /\d+ checks passed/);
}, { seconds: 120 });

test('the page of one instance, by its public name, at /todo', async () => {
  const { code, err } = await alone.up([`${root}/examples/todo/steps/1-instance.yaml`]);
  assert.equal(code, 0, err);
  const [{ publicDnsName }] = await alone.get('instances');
  const { stdout } = await execute('node', [page, `http://${publicDnsName}:${alone.httpPort}/todo`]).catch(show);
  assert.match(stdout, /\d+ checks passed/);
}, { seconds: 120 });

test('the page, in a namespace whose resolv.conf is our server, by a name that is not under localhost', async () => {
  const { stdout } = await execute(`${root}/tests/e2e/region/own_resolver.sh`, [apart.state, page], { maxBuffer: 16 << 20 }).catch(show);
  assert.match(stdout, /\d+ checks passed/);
  // The browser's own question, besides whoever else asked.
  assert.match(stdout, /udp app\.todo\.example\.? A NOERROR/i);
}, { seconds: 150 });

await runAll('e2e_page', async () => { await region.end(); await alone.end(); await apart.end(); }, Region.killAll);
