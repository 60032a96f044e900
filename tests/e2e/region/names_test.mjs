// Names inside instances, by their own libc: where the region has port 53, where somebody else has it, and where it is not
// the user's. Each in a network of its own, with a name server of "the machine's".
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { Region, root } from './region.mjs';
import { runAll, test } from './runner.mjs';

const execute = promisify(execFile);
// What a command printed is in the error when it fails.
const show = (error) => { throw new Error(`${error.stdout}\n${error.stderr}`); };

for (const [way, what] of [
  ['resolver', 'an instance asks the region at the second address of its VPC, and then who the machine asks'],
  ['taken', 'where somebody else has port 53 it finds the same names'],
  ['user', 'so does one of an ordinary user, whose port 53 is not'],
]) {
  test(what, async () => {
    const { stdout } = await execute(`${root}/tests/e2e/region/names.sh`, [way], { maxBuffer: 16 << 20 }).catch(show);
    assert.match(stdout, /\d+ checks passed/);
  }, { seconds: 150 });
}

await runAll('e2e_names', async () => {}, Region.killAll);
