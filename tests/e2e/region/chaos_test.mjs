// Everything that can die dies at once, again and again, while people use the todo list: every target of a group, every
// load balancer, the database, the name server, the control plane, shims; and some only stand still for a moment. Nothing
// of the region's dies that was not killed, nothing reports a fault, and every connection gets an answer.
//
// A few rounds of the programs as they are are part of ./nubo test. What is used after its end is found by a sanitizer:
//
//   NUBO_E2E_CHAOS_ROUNDS=100 tests/e2e/region/chaos.sh --sanitized          as root
//   NUBO_E2E_CHAOS_ROUNDS=100 tests/e2e/region/chaos.sh --sanitized --user   as an ordinary user
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import http from 'node:http';

import { Region, sleep, until } from './region.mjs';
import { runAll, test } from './runner.mjs';

const ROUNDS = Number(process.env.NUBO_E2E_CHAOS_ROUNDS ?? 8);
const SEED = Number(process.env.NUBO_E2E_CHAOS_SEED ?? Date.now() % 1_000_000);
const CLIENTS = 12;
// Longer than anything that the region lets a request wait for.
const ANSWER_MS_MAX = 40_000;

const region = await Region.make();

// Mulberry32: the seed that is printed gives the same rounds again.
let state = SEED;
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const one = (list) => list[Math.floor(random() * list.length)];

// ---- What there is ----

// Processes of the region, but for shims: {pid, line}.
const programs = () => region.processes().filter((line) => !line.includes('nubo-shim')).map((line) => ({ pid: parseInt(line, 10), line }));
const shims = (...words) => region.processes().filter((line) => line.includes('nubo-shim') && words.some((word) => line.includes(word))).map((line) => parseInt(line, 10));

// The parts that nothing but this test may end: name -> pid.
async function parts() {
  const found = {};
  for (const { pid, line } of programs()) {
    const control = line.match(/ (proxy|dns) --control (\S+)/);
    if (control) found[`${control[1]} ${control[2]}`] = pid;
    if (line.includes('nubo serve')) found['control plane'] = pid;
  }
  for (const database of await region.get('databases')) found[`database ${database.dbInstanceIdentifier}`] = database.pid;
  return found;
}

async function pidsOf(kind) {
  return Object.entries(await parts()).filter(([name]) => name.startsWith(kind)).map(([, pid]) => pid);
}

const instances = async (...groups) =>
  (await Promise.all(groups.map((group) => region.inService(group)))).flat();

// Healthy again: whoever asks is answered, by way of every part.
async function whole(token) {
  await until('the region to be healthy', async () => {
    if ((await region.inService('Frontend')).length !== 2 || (await region.inService('Backend')).length !== 2) return false;
    const targets = await region.get('targets');
    if (targets.length !== 4 || targets.some((target) => target.state !== 'healthy')) return false;
    if ((await region.get('load-balancers')).some((balancer) => balancer.state !== 'active' || !(balancer.pid > 0))) return false;
    if ((await region.get('databases')).some((database) => database.dbInstanceStatus !== 'available')) return false;
    try {
      return (await region.request('GET', '/todos', { token })).status === 200;
    } catch {
      return false;
    }
  }, { seconds: 120, every: 100 });
}

// ---- Those who use it ----

const load = { requests: 0, answers: {}, troubles: [], stopped: false };

// One request on a connection of its own, or on one that is kept: how it ended.
function ask(pathname, token, agent) {
  return new Promise((resolve) => {
    let answer;
    const call = http.request({
      host: '127.0.0.1', port: region.httpPort, path: pathname, agent, timeout: ANSWER_MS_MAX,
      headers: { host: 'app.todo.localhost', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    }, (response) => {
      answer = response.statusCode;
      response.on('error', () => resolve({ how: 'cut', answer }));
      response.on('end', () => resolve({ how: 'answered', answer }));
      response.resume();
    });
    call.on('timeout', () => { resolve({ how: 'silent' }); call.destroy(); });
    call.on('error', (error) => resolve(answer ? { how: 'cut', answer }
      // One that was kept, and has been closed since: this request has reached nobody.
      : { how: call.reusedSocket ? 'stale' : error.code === 'ECONNREFUSED' ? 'refused' : 'broken' }));
    call.end();
  });
}

async function use(token, keep) {
  const agent = keep ? new http.Agent({ keepAlive: true, maxSockets: 1 }) : false;
  while (!load.stopped) {
    const from = Date.now();
    const pathname = one(['/', '/healthz', '/todos', '/todos', '/todos']);
    const { how, answer } = await ask(pathname, token, agent);
    ++load.requests;
    if (how === 'answered') load.answers[answer] = (load.answers[answer] ?? 0) + 1;
    else load.troubles.push({ how, answer, pathname, from, to: Date.now() });
    await sleep(5 + Math.random() * 40);
  }
}

// ---- What happens to it ----

function signal(pids, name) {
  assert.ok(pids.length > 0, `nobody is there for ${name}`);
  for (const pid of pids) {
    try { process.kill(pid, name); } catch (error) { if (error.code !== 'ESRCH') throw error; }
  }
}
const kill = (pids) => signal(pids, 'SIGKILL');
async function standStill(pids) {
  signal(pids, 'SIGSTOP');
  await sleep(100 + random() * 400);
  signal(pids, 'SIGCONT');
}
const pids = (list) => list.map((instance) => instance.pid);

// `ends`: the parts it ends, by how their names begin. `empties`: a group loses every target.
const emptying = {
  'kills every frontend': { run: async () => kill(pids(await instances('Frontend'))) },
  'kills every backend': { run: async () => kill(pids(await instances('Backend'))) },
  'kills every instance': { run: async () => kill(pids(await instances('Frontend', 'Backend'))) },
  'kills the shims of every frontend': { run: async () => kill(shims(...(await instances('Frontend')).map((i) => i.instanceId))) },
};
const others = {
  'kills every load balancer': { ends: ['proxy'], run: async () => kill(await pidsOf('proxy')) },
  'kills the shims of every load balancer': {
    ends: ['proxy'],
    run: async () => kill(shims(...Object.keys(await parts()).filter((name) => name.startsWith('proxy')).map((name) => name.split('/').at(-2)))),
  },
  'kills the database': { ends: ['database'], run: async () => kill(await pidsOf('database')) },
  'kills the name server': { ends: ['dns'], run: async () => kill(await pidsOf('dns')) },
  'kills the control plane': { ends: ['control plane'], again: true, run: async () => kill(await pidsOf('control plane')) },
  'kills the control plane, and every backend without it': {
    ends: ['control plane'], again: true, empties: true,
    run: async () => {
      const backends = pids(await instances('Backend'));
      kill(await pidsOf('control plane'));
      kill(backends);
      await sleep(300);
    },
  },
  'stops every load balancer for a moment': { ends: ['proxy'], run: async () => standStill(await pidsOf('proxy')) },
  'stops every backend for a moment': { run: async () => standStill(pids(await instances('Backend'))) },
  'stops every frontend for a moment': { run: async () => standStill(pids(await instances('Frontend'))) },
  'stops the database for a moment': { ends: ['database'], run: async () => standStill(await pidsOf('database')) },
  'stops the control plane for a moment': { run: async () => standStill(await pidsOf('control plane')) },
};
for (const kind of Object.values(emptying)) kind.empties = true;

// ---- What must not be ----

const REPORT = /ERROR: (Address|Leak|Thread|Memory)Sanitizer: (?!.*fatal error)|runtime error: |WARNING: ThreadSanitizer/;
const seen = new Set();

// What a sanitizer has said in any log of the region.
function reports() {
  const found = [];
  for (const name of readdirSync(`${region.state}/log`)) {
    let text;
    try { text = readFileSync(`${region.state}/log/${name}`, 'latin1'); } catch { continue; }
    const at = text.search(REPORT);
    if (at >= 0) found.push(`${name}: ${text.slice(at, at + 4000)}`);
  }
  return found;
}

// Processes that ended by a signal of their own making.
async function faults() {
  const found = [];
  for (const event of JSON.parse(await region.ok(['events', '-o', 'json'])).events) {
    if (seen.has(event.id)) continue;
    seen.add(event.id);
    // 9 and 15 are how this test, and the region, end what they end.
    const by = event.message.match(/signal (\d+)/);
    if (by && !['9', '15'].includes(by[1])) found.push(`${event.time} ${event.source}: ${event.message}`);
  }
  return found;
}

// ---- The test ----

let token;
test('a region comes up', async () => {
  const { code, err } = await region.up();
  assert.equal(code, 0, err);
  token = await region.signUp('ada');
  await whole(token);
  console.log(`      seed ${SEED}, as ${process.getuid() === 0 ? 'root' : `user ${process.getuid()}`}`);
}, { seconds: 240 });

test(`${ROUNDS} rounds in which everything dies, and nothing of itself`, async () => {
  const done = {};
  const windows = [];
  let emptied = 0;
  const users = Array.from({ length: CLIENTS }, (_, i) => use(token, i % 2 === 0));
  const began = Date.now();
  for (let round = 0; round < ROUNDS; ++round) {
    // Two in five rounds take every target of a group away.
    const kinds = round % 5 < 2 ? emptying : others;
    const name = one(Object.keys(kinds));
    const kind = kinds[name];
    const before = await parts();
    const window = { name, from: Date.now() - 50, to: Infinity, ends: kind.ends ?? [], empties: kind.empties };
    windows.push(window);
    try {
      await kind.run();
      if (kind.again) assert.equal((await region.up([], { seconds: 120 })).code, 0);
      await sleep(100 + random() * 400);
      await whole(token);
      window.to = Date.now();
      const after = await parts();
      for (const [part, pid] of Object.entries(before)) {
        if (window.ends.some((begin) => part.startsWith(begin))) continue;
        assert.equal(after[part], pid, `${part} ended, and nobody had killed it`);
      }
      assert.deepEqual(reports(), []);
      assert.deepEqual(await faults(), []);
    } catch (error) {
      load.stopped = true;
      throw new Error(`round ${round}, ${name} (seed ${SEED}): ${error.stack}\n${reports().join('\n')}\n${region.lastWords()}`);
    }
    done[name] = (done[name] ?? 0) + 1;
    if (kind.empties) ++emptied;
  }
  load.stopped = true;
  await Promise.all(users);
  const seconds = (Date.now() - began) / 1000;

  // A connection is refused or broken only by a load balancer that was killed; a response is cut off by what made or passed it.
  const within = ({ from, to }, allowed) => windows.some((window) => window.from <= to && from <= window.to && allowed(window));
  const balancerDied = ({ ends }) => ends.includes('proxy');
  const unexplained = load.troubles.filter((trouble) => {
    if (trouble.how === 'silent') return true;
    if (trouble.how === 'cut') return !within(trouble, (window) => balancerDied(window) || window.empties);
    return !within(trouble, balancerDied);
  });
  const counts = {};
  for (const { how } of load.troubles) counts[how] = (counts[how] ?? 0) + 1;
  console.log(`      ${ROUNDS} rounds in ${seconds.toFixed(0)} s; in ${emptied} a group lost every target`);
  for (const [what, times] of Object.entries(done).sort()) console.log(`      ${what}: ${times}`);
  console.log(`      ${load.requests} requests; answers: ${Object.entries(load.answers).map(([status, count]) => `${count} x ${status}`).join(', ')}; ` +
    `with their load balancer: ${JSON.stringify(counts)}`);
  assert.deepEqual(unexplained.slice(0, 5), [], `${unexplained.length} requests got no answer`);
  assert.ok(load.answers[200] > 0);
}, { seconds: 120 + ROUNDS * 30 });

test('down, and no fault in the end', async () => {
  assert.deepEqual(reports(), []);
  assert.deepEqual(await faults(), []);
});

await runAll('e2e_chaos', () => region.end(), Region.killAll);
