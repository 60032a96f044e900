// What instances, drained or killed, and a killed database cost the people who use the todo list.
import assert from 'node:assert/strict';

import { Region, sleep, until } from './region.mjs';
import { runAll, test } from './runner.mjs';
import { TodoLoad } from './todo_load.mjs';

const CLIENTS = Number(process.env.NUBO_E2E_CLIENTS ?? 2000);
// A dead process is noticed as soon as somebody has a processor to notice it; what was sent until then went to it.
const NOTICED_MS = 1500;
const KILLS = Number(process.env.NUBO_E2E_KILLS ?? 8);
const RECOVERIES = Number(process.env.NUBO_E2E_RECOVERIES ?? 12);

const region = await Region.make();

const whole = () => until('both groups to be whole', async () =>
  (await region.inService('Frontend')).length === 2 && (await region.inService('Backend')).length === 2 &&
  (await region.get('targets')).filter((t) => t.state === 'healthy').length === 4, { seconds: 30, every: 50 });

test('up', async () => {
  const { code, err } = await region.up();
  assert.equal(code, 0, err);
});

test(`kill -9 under ${CLIENTS} requests at once: no idempotent one fails, no acknowledged write is lost`, async () => {
  const load = await TodoLoad.start(region, CLIENTS);
  const kills = [];
  for (let kill = 0; kill < KILLS; ++kill) {
    const victims = await region.inService(kill % 2 ? 'Backend' : 'Frontend');
    kills.push(Date.now());
    process.kill(victims[kill % victims.length].pid, 'SIGKILL');
    await sleep(300);
    await whole();
  }
  const { inFlightMax, failures, lost } = await load.stop();
  assert.ok(inFlightMax >= CLIENTS * 0.99);
  assert.deepEqual(failures.filter((f) => f.method !== 'POST'), []);
  for (const failure of failures) {
    assert.equal(failure.status, 502, JSON.stringify(failure));
    assert.ok(kills.some((at) => failure.startMs <= at + NOTICED_MS && failure.endMs >= at), `was no victim's: ${JSON.stringify(failure)}`);
  }
  assert.deepEqual(lost.slice(0, 3), []);
}, { seconds: 150 });

test('nubo terminate under the same load fails nothing', async () => {
  const load = await TodoLoad.start(region, CLIENTS);
  for (const group of ['Frontend', 'Backend']) {
    const [victim] = await region.inService(group);
    await region.ok(['terminate', victim.instanceId]);
    await until(`${victim.instanceId} to be gone`, async () =>
      (await region.get('instances')).some((i) => i.instanceId === victim.instanceId && i.state === 'terminated'), { seconds: 40, every: 100 });
    await whole();
  }
  const { failures, lost } = await load.stop();
  assert.deepEqual(failures, []);
  assert.deepEqual(lost.slice(0, 3), []);
}, { seconds: 150 });

test('mariadbd killed with -9 under load comes back, and no acknowledged write is lost', async () => {
  const load = await TodoLoad.start(region, 200);
  const [database] = await region.get('databases');
  process.kill(database.pid, 'SIGKILL');
  const start = Date.now();
  await until('the database to be back', async () => {
    const [now] = await region.get('databases');
    return now.dbInstanceStatus === 'available' && now.restarts === 1;
  }, { seconds: 30, every: 20 });
  console.log(`      the database was back after ${Date.now() - start} ms`);
  await sleep(2000);
  const { failures, lost } = await load.stop();
  assert.deepEqual(failures.filter((f) => f.method === 'GET'), []);
  assert.deepEqual(lost.slice(0, 3), []);
  await whole();
}, { seconds: 90 });

test(`${RECOVERIES} kills at random moments: how long until a successor is in service`, async () => {
  const times = [];
  for (let kill = 0; kill < RECOVERIES; ++kill) {
    await whole();
    await sleep(Math.random() * 700);
    const group = Math.random() < 0.5 ? 'Frontend' : 'Backend';
    const before = await region.inService(group);
    const victim = before[Math.floor(Math.random() * before.length)];
    const start = Date.now();
    process.kill(victim.pid, 'SIGKILL');
    await until('a successor', async () => {
      const now = await region.inService(group);
      return now.length === 2 && !now.some((i) => i.instanceId === victim.instanceId);
    }, { every: 5 });
    times.push(Date.now() - start);
  }
  times.sort((a, b) => a - b);
  const quantile = (q) => times[Math.min(times.length - 1, Math.ceil(q * times.length) - 1)];
  console.log(`      ${times.length} kills, death to a successor in service: p50 ${quantile(0.5)} ms, p99 ${quantile(0.99)} ms`);
  assert.ok(quantile(0.99) < 3000);
}, { seconds: 300 });

await runAll('e2e_kills', () => region.end(), Region.killAll);
