// The fabric of namespaces: what the template of the todo list declares of its networks holds packet by packet, and
// whatever ends, it comes back or leaves nothing.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

import { Region, root, sleep, until } from './region.mjs';
import { runAll, test } from './runner.mjs';

const region = await Region.make();

const networkOf = (pid) => {
  try {
    return [readlinkSync(`/proc/${pid}/ns/net`)];
  } catch {
    return [];
  }
};
const networks = () => new Set(readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap(networkOf));
// Those that the region's processes have been in.
const ours = new Set();
const note = () => region.processes().flatMap((line) => networkOf(parseInt(line, 10))).forEach((one) => ours.add(one));
const mounts = () => readFileSync('/proc/self/mountinfo', 'utf8');
const before = { mounts: mounts(), devices: readdirSync('/sys/class/net').sort() };

// A command in an instance.
const inside = (instance, words) => region.raw(['exec', '--state', region.state, instance, '--', ...words]);

// Whether a connection comes through from inside of an instance; what is dropped is not answered at all.
async function reaches(instance, ip, port) {
  const { code } = await inside(instance, ['timeout', '2', 'bash', '-c', `exec 3<>/dev/tcp/${ip}/${port}`]);
  return code === 0;
}

// The same from the world, where the shared listener is.
function worldReaches(ip, port) {
  return new Promise((resolve) => {
    execFile(`${root}/bazel-bin/lib/nubo/drivers/nubo-shim`,
      ['--enter', `${region.state}/run/edge.sock`, '--no-terminal', '--', 'timeout', '2', 'bash', '-c', `exec 3<>/dev/tcp/${ip}/${port}`],
      (error) => resolve(!error));
  });
}

const page = async () => (await region.request('GET', '/').catch(() => ({ status: 0 }))).status;
const whole = () => until('the page and both groups', async () =>
  (await region.inService('Frontend')).length === 2 && (await region.inService('Backend')).length === 2 && (await page()) === 200,
{ seconds: 60, every: 100 });
const shimOf = (id) => region.processes().filter((line) => line.includes(`/run/${id}.spec`)).map((line) => parseInt(line, 10));
const programOf = (words) => region.processes().filter((line) => line.includes(words)).map((line) => parseInt(line, 10));

test('up', async () => {
  const { code, err } = await region.up(['--fabric', 'namespaces']);
  assert.equal(code, 0, err);
  await whole();
  const status = await region.run(['status']);
  assert.equal(status.code, 0, status.out);
  note();
  ours.delete(readlinkSync('/proc/self/ns/net'));
  // To others than root they are not shown.
  if (process.getuid() === 0) assert.ok(ours.size >= 8, [...ours].join());
  const token = await region.signUp('ada');
  const made = await region.request('POST', '/todo', { token, body: { title: 'over the networks' } });
  assert.ok(made.status === 200 || made.status === 201, `${made.status} ${made.text}`);
});

test('who may not is not answered, from within and from the world', async () => {
  const [frontend] = await region.inService('Frontend');
  const [backend] = await region.inService('Backend');
  const others = await region.inService('Backend');
  const [database] = await region.get('databases');
  const name = database.endpoint.address;
  const address = (await inside(frontend.instanceId, ['getent', 'ahostsv4', name])).out.split(/\s/)[0];
  assert.match(address, /^10\./);
  assert.equal(await reaches(backend.instanceId, address, 3306), true, 'the backend and the database');
  assert.equal(await reaches(frontend.instanceId, address, 3306), false, 'the frontend and the database');
  assert.equal(await reaches(frontend.instanceId, backend.privateIpAddress, 50051), false, 'the frontend and a backend, without the load balancer');
  assert.equal(await reaches(backend.instanceId, frontend.privateIpAddress, 8080), false, 'the backend and a frontend');
  const other = others.find((one) => one.instanceId !== backend.instanceId);
  assert.equal(await reaches(backend.instanceId, other.privateIpAddress, 50051), false, 'two of one group');
  const balancers = await region.get('load-balancers');
  const internal = balancers.find((one) => one.scheme === 'internal');
  const inner = (await inside(frontend.instanceId, ['getent', 'ahostsv4', internal.dnsName])).out.split(/\s/)[0];
  assert.equal(await reaches(frontend.instanceId, inner, 50051), true, 'the frontend and the backend\'s load balancer');
  assert.equal(await reaches(backend.instanceId, inner, 50051), false, 'the backend and its own load balancer');
  // This machine's own addresses are nobody's business in there.
  assert.equal(await reaches(frontend.instanceId, '127.0.0.1', region.httpPort), false, 'an instance and this machine');
  for (const [ip, port] of [[address, 3306], [backend.privateIpAddress, 50051], [frontend.privateIpAddress, 8080], [inner, 50051]]) {
    assert.equal(await worldReaches(ip, port), false, `the world and ${ip}:${port}`);
  }
}, { seconds: 120 });

test('an instance has no rights over its network', async () => {
  const [{ instanceId }] = await region.inService('Frontend');
  const { out } = await inside(instanceId, ['sh', '-c',
    'for what in "link set eth0 down" "addr add 10.0.1.99/24 dev eth0" "route add 1.2.3.0/24 dev eth0"; do ip $what 2>/dev/null && echo "could $what"; done; ls /sys/class/net; echo looked']);
  assert.equal(out.trim(), 'looked');
});

test('kill -9 of the control plane and of what holds the networks costs no request', async () => {
  let stop = false;
  const statuses = {};
  const load = (async () => {
    while (!stop) {
      const status = await page();
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  })();
  await sleep(300);
  for (const pid of programOf(' network --control ')) process.kill(pid, 'SIGKILL');
  await sleep(700);
  const control = programOf(' serve ');
  assert.equal(control.length, 1);
  process.kill(control[0], 'SIGKILL');
  await sleep(700);
  await region.up(['--fabric', 'namespaces']);
  stop = true;
  await load;
  assert.deepEqual(Object.keys(statuses), ['200'], JSON.stringify(statuses));
  const [victim] = await region.inService('Frontend');
  await region.ok(['terminate', victim.instanceId]);
  await until('another in its place', async () => {
    const now = await region.inService('Frontend');
    return now.length === 2 && !now.some((one) => one.instanceId === victim.instanceId);
  }, { seconds: 40, every: 100 });
  await whole();
}, { seconds: 120 });

test('networks that are lost are made anew, and all comes back', async () => {
  const [shim] = shimOf('network');
  assert.ok(shim);
  process.kill(shim, 'SIGKILL');
  await sleep(1000);
  await whole();
  const [frontend] = await region.inService('Frontend');
  const [database] = await region.get('databases');
  assert.equal(await reaches(frontend.instanceId, database.endpoint.address, 3306), false);
}, { seconds: 120 });

test('after everything has died at once, down leaves nothing', async () => {
  for (let round = 0; round < 20; ++round) {
    for (const pid of region.processes().map((line) => parseInt(line, 10))) {
      try { process.kill(pid, 'SIGKILL'); } catch { /* it has just ended */ }
    }
    await sleep(20);
  }
}, { seconds: 30 });

await runAll('namespaces', async () => {
  await region.end();
  assert.equal(mounts(), before.mounts);
  assert.deepEqual(readdirSync('/sys/class/net').sort(), before.devices);
  await until('its networks to go', () => [...networks()].every((one) => !ours.has(one)), { seconds: 5 });
}, Region.killAll);
