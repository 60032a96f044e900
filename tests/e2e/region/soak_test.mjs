// Four stacks, twenty-four instances, and trouble of every kind for as long as it is asked to: nothing may leak.
//
//   NUBO_E2E_SOAK_SECONDS=600 NUBO_ROOT=$PWD node tests/e2e/region/soak_test.mjs
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';

import { Region, sleep, template, until, writesLog } from './region.mjs';
import { runAll, test } from './runner.mjs';

const SECONDS = Number(process.env.NUBO_E2E_SOAK_SECONDS ?? 30);
const SEED = Number(process.env.NUBO_E2E_SOAK_SEED ?? Date.now() % 1_000_000);
const STACKS = ['s1', 's2', 's3', 's4'];
const PER_GROUP = 3;

const region = await Region.make();

// Mulberry32: the seed that is printed gives the same troubles again.
let state = SEED;
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const one = (list) => list[Math.floor(random() * list.length)];
// One that is there: who has just been killed is still listed for a moment, or is not back yet.
const kill = (what, look) => until(`${what} to be there`, async () => {
  try {
    return process.kill(one((await look()).filter((pid) => pid > 1)), 'SIGKILL');
  } catch (error) {
    if (error.code === 'ESRCH' || error.code === 'ERR_INVALID_ARG_TYPE') return false;
    throw error;
  }
}, { seconds: 60 });

const up = async (name, frontends = PER_GROUP) => {
  const { code, err } = await region.up([template, '--name', name, '--param', `DomainName=${name}.localhost`,
    '--param', `FrontendInstances=${frontends}`, '--param', `BackendInstances=${PER_GROUP}`], { seconds: 120 });
  assert.equal(code, 0, err);
};

const running = async () => (await region.get('instances')).filter((i) => i.state === 'running');
const pidsOf = (...words) => region.processes().filter((line) => words.every((w) => line.includes(w))).map((line) => Number(line.split(' ')[0]));
// Who is killed again and again is started again after ever longer pauses, half a minute at most.
const whole = (expected = STACKS.length * 2 * PER_GROUP) => until(`${expected} instances in service and all of the data plane`, async () => {
  const instances = await running();
  const targets = await region.get('targets');
  const there = pidsOf(' dns ', '--control').length > 0 &&
    (await region.get('load-balancers')).every((balancer) => balancer.pid > 0 && balancer.state === 'active') &&
    (await region.get('databases')).every((database) => database.dbInstanceStatus === 'available');
  return there && instances.length === expected && targets.length === expected && targets.every((t) => t.state === 'healthy');
}, { seconds: 120, every: 200 });

const controlPlane = () => pidsOf('nubo serve')[0];

// What must not grow: taken only when all is whole and nothing is under way.
function census() {
  const count = { processes: 0, descriptors: 0, controlDescriptors: 0, controlMB: 0, dataPlaneMB: 0, files: 0 };
  const control = controlPlane();
  for (const line of region.processes()) {
    const pid = Number(line.split(' ')[0]);
    try {
      const descriptors = readdirSync(`/proc/${pid}/fd`).length;
      const megabytes = Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]) * 4096 / 1e6;
      if (!writesLog(line)) ++count.processes;
      if (pid === control) {
        count.controlDescriptors = descriptors;
        count.controlMB = megabytes;
      } else if ((line.includes(' proxy ') || line.includes(' dns ')) && line.includes('--control')) {
        count.descriptors += descriptors;
        count.dataPlaneMB += megabytes;
      }
    } catch { /* it has just ended */ }
  }
  count.files = region.files().filter((file) => !file.includes('/log/')).length;
  return count;
}
const told = (count) => Object.entries(count).map(([what, value]) => `${what} ${Math.round(value)}`).join(', ');

// Connections that were open in trouble are closed within a moment.
async function settled() {
  await whole();
  await sleep(3000);
  return census();
}

const troubles = {
  async 'kills an instance'() { await kill('an instance', async () => (await running()).map((i) => i.pid)); },
  async 'terminates an instance'() { await region.ok(['terminate', (await until('an instance', async () => one(await running()))).instanceId]); },
  async 'scales a group out and in'() {
    const group = `${one(STACKS)}/${one(['Frontend', 'Backend'])}Group`;
    await region.ok(['set-desired', group, String(PER_GROUP + 1), '--wait', '--timeout', '60s']);
    await region.ok(['set-desired', group, String(PER_GROUP), '--wait', '--timeout', '60s']);
  },
  async 'updates a stack and back'() {
    const stack = one(STACKS);
    await up(stack, PER_GROUP - 1);
    await up(stack);
  },
  async 'takes a stack down and brings it up'() {
    const stack = one(STACKS);
    await region.ok(['down', '--name', stack, '--data'], { seconds: 90 });
    await up(stack);
  },
  async 'kills a load balancer'() { await kill('a load balancer', () => pidsOf(' proxy ', '--control')); },
  async 'kills the DNS server'() { await kill('the DNS server', () => pidsOf(' dns ', '--control')); },
  async 'kills a database'() { await kill('a database', async () => (await region.get('databases')).map((d) => d.pid)); },
  async 'kills the control plane'() {
    await kill('the control plane', () => [controlPlane()]);
    await up(one(STACKS));
  },
};

let before;
test(`${STACKS.length} stacks with ${STACKS.length * 2 * PER_GROUP} instances come up`, async () => {
  console.log(`      seed ${SEED}, ${SECONDS} s`);
  const start = Date.now();
  for (const stack of STACKS) await up(stack);
  await whole();
  console.log(`      whole after ${((Date.now() - start) / 1000).toFixed(1)} s`);
  // Each kind once first, so that what is made once and kept is not called a leak.
  for (const trouble of ['kills the control plane', 'takes a stack down and brings it up', 'kills an instance']) await troubles[trouble]();
  before = await settled();
  console.log(`      ${told(before)}`);
}, { seconds: 240 });

test(`${SECONDS} s of kills, updates, downs and ups`, async () => {
  const done = {};
  const end = Date.now() + SECONDS * 1000;
  let next = Date.now() + 60_000;
  while (Date.now() < end) {
    const what = one(Object.keys(troubles));
    try {
      await troubles[what]();
      // Two in three times the next comes before this one is over.
      if (random() < 0.34) await whole();
    } catch (error) {
      throw new Error(`${what} (seed ${SEED}, after ${JSON.stringify(done)}): ${error.stack}`);
    }
    done[what] = (done[what] ?? 0) + 1;
    if (Date.now() > next) {
      next = Date.now() + 60_000;
      console.log(`      ${Math.round((end - Date.now()) / 1000)} s left: ${told(await settled())}`);
    }
  }
  for (const [what, times] of Object.entries(done).sort()) console.log(`      ${what}: ${times}`);
}, { seconds: SECONDS * 2 + 240 });

test('nothing has leaked', async () => {
  const after = await settled();
  console.log(`      before: ${told(before)}\n      after:  ${told(after)}`);
  assert.equal(after.processes, before.processes);
  assert.equal(after.files, before.files);
  assert.ok(after.controlDescriptors <= before.controlDescriptors + 4, 'descriptors of the control plane');
  assert.ok(after.descriptors <= before.descriptors * 1.1 + 16, 'descriptors of the data plane');
  assert.ok(after.controlMB <= before.controlMB * 1.5 + 20, 'memory of the control plane');
  assert.ok(after.dataPlaneMB <= before.dataPlaneMB * 1.3 + 30, 'memory of the data plane');
  const addresses = (await running()).map((i) => i.loopbackAddress);
  assert.equal(new Set(addresses).size, addresses.length, 'two instances have one address');
}, { seconds: 120 });

await runAll('e2e_soak', () => region.end(), Region.killAll);
