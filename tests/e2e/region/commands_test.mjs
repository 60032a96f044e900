// The verbs that look and that change one thing, against a running region: status, doctor, exec, set-desired, -o.
import assert from 'node:assert/strict';

import { Region, until } from './region.mjs';
import { runAll, test } from './runner.mjs';

// Run by root, each instance is a user of its own, without a name.
const root = process.getuid() === 0;

const region = await Region.make();

// exec takes everything behind "--" as its command, so that its own options come first.
const exec = (id, ...command) => region.raw(['exec', '-T', '--state', region.state, id, '--', ...command]);

test('doctor says that the machine will do, and who has an address that is taken', async () => {
  const free = await region.run(['doctor', '--http-address', `127.0.0.1:${region.httpPort}`, '--dns-address', `127.0.0.1:${region.dnsPort}`]);
  assert.equal(free.code, 0, free.out + free.err);
  assert.equal((await region.up()).code, 0);
  const other = await Region.make();
  const taken = await other.run(['doctor', '--http-address', `127.0.0.1:${region.httpPort}`]);
  assert.equal(taken.code, 1);
  assert.match(taken.out, new RegExp(`BAD +http 127\\.0\\.0\\.1:${region.httpPort} .*nubo`));
  assert.match(taken.out, /--http-address/);
  const json = JSON.parse((await other.run(['doctor', '-o', 'json'])).out);
  assert.ok(json.checks.length >= 8);
  await other.end();
});

test('status is well, as text and as JSON', async () => {
  await until('all to be well', async () => (await region.run(['status'])).code === 0);
  const { checks, ok } = JSON.parse(await region.ok(['status', '-o', 'json']));
  assert.equal(ok, true);
  for (const what of ['region', 'stack', 'group', 'balancer', 'targets', 'dns', 'database']) {
    assert.ok(checks.some((check) => check.what === what && check.health === 'ok'), what);
  }
});

test('exec runs inside the instance, and passes on what it prints and ends with', async () => {
  const [instance] = await region.inService('Frontend');
  const id = instance.instanceId;
  const hostname = await exec(id, 'sh', '-c', 'hostname; id -un; exit 7');
  assert.equal(hostname.code, 7, hostname.err);
  assert.match(hostname.out, new RegExp(`^ip-${instance.privateIpAddress.replaceAll('.', '-')}\n${root ? '\\d{5,}' : 'nobody'}\n`));
  // Of the machine's processes it sees its own alone, and its files are not the machine's.
  assert.ok(Number((await exec(id, 'sh', '-c', 'ls -d /proc/[0-9]* | wc -l')).out) < 10);
  assert.notEqual((await exec(id, 'sh', '-c', `touch ${region.state}/region.pid.x`)).code, 0);
  assert.equal((await exec(id, 'sh', '-c', 'kill -9 $$')).code, 137);
  assert.equal((await exec(id, 'no-such-program')).code, 127);
  assert.equal((await exec(id, '/etc/passwd')).code, 126);
});

test('exec names what is not there', async () => {
  const unknown = await exec('i-0123456789abcdef0', 'true');
  assert.equal(unknown.code, 1);
  assert.match(unknown.err, /InvalidInstanceID\.NotFound: no instance i-0123456789abcdef0 is running/);
  assert.equal((await exec('../x', 'true')).code, 1);
  assert.equal((await exec('i-../x', 'true')).code, 2);
});

test('set-desired grows a group and waits, shrinks it, and refuses what the group does not allow', async () => {
  const grown = await region.ok(['set-desired', 'todo/FrontendGroup', '3', '--wait', '--timeout', '60s']);
  assert.match(grown, /^todo-FrontendGroup-\w+: 2 -> 3\n$/);
  assert.equal((await region.inService('Frontend')).length, 3);
  await region.ok(['set-desired', 'todo/FrontendGroup', '2', '--wait', '--timeout', '60s']);
  assert.equal((await region.inService('Frontend')).length, 2);
  const much = await region.run(['set-desired', 'todo/FrontendGroup', '99']);
  assert.equal(much.code, 2);
  assert.match(much.err, /ValidationError: .*99 is above max value 4/);
  assert.match((await region.run(['set-desired', 'todo/FrontendGroup', '1'])).err, /below min value 2/);
  assert.match((await region.run(['set-desired', 'todo/Nothing', '1'])).err, /todo\/Nothing/);
});

test('wide tables have more columns, and YAML says what JSON says', async () => {
  const narrow = (await region.ok(['get', 'instances'])).split('\n');
  const wide = (await region.ok(['get', 'instances', '-o', 'wide'])).split('\n');
  assert.ok(wide[0].length > narrow[0].length);
  assert.equal(wide.length, narrow.length);
  const yaml = await region.ok(['get', 'groups', '-o', 'yaml']);
  for (const group of await region.get('groups')) assert.match(yaml, new RegExp(`autoScalingGroupName: ${group.autoScalingGroupName}`));
});

test('nothing is coloured where nobody looks', async () => {
  for (const verb of ['status', 'doctor']) assert.doesNotMatch((await region.run([verb])).out, /\x1b\[/);
});

// Each part of the data plane, what finds its process, and what status says of it.
const parts = {
  'the name server': [[' dns ', '--control'], /BAD +dns +127\.0\.0\.1:\d+; hung: process PID has not answered for \d+ s/],
  'the shared listener': [[' proxy ', '/svc/edge/'], /BAD +listener +127\.0\.0\.1:\d+; hung: process PID has not answered/],
  'a load balancer': [[' proxy ', '/svc/lb-'], /BAD +balancer [\w-]+ +active; hung: process PID has not answered/],
  'the database': [['mariadbd', '/data/'], /BAD +database [\w-]+ +available; hung: process PID has not answered/],
  'a shim': [['nubo-shim', '/i-'], /BAD +shim i-\w+ +hung: process PID has not answered[^]*kill -CONT PID/],
};

for (const [what, [words, says]] of Object.entries(parts)) {
  test(`status asks: ${what} that is stopped is told within two seconds`, async () => {
    const line = region.processes().find((process) =>
      words.every((word) => process.includes(word)) && (words[0] === 'nubo-shim' || !process.includes('nubo-shim')));
    assert.ok(line, `no process with ${words}: ${region.processes().join('; ')}`);
    const pid = Number(line.split(' ')[0]);
    process.kill(pid, 'SIGSTOP');
    const start = Date.now();
    const sick = await region.run(['status']);
    const took = Date.now() - start;
    process.kill(pid, 'SIGCONT');
    assert.equal(sick.code, 1);
    // The process that status names holds the one that serves, but for a shim, which is itself.
    assert.match(sick.out, new RegExp(says.source.replaceAll('PID', words[0] === 'nubo-shim' ? pid : '\\d+')));
    console.log(`      told after ${took} ms`);
    assert.ok(took < 4000, `it took ${took} ms`);
    await until('all to be well again', async () => (await region.run(['status'])).code === 0);
  });
}

test('the name server that stays stopped is restarted, and events and status say so', async () => {
  const line = region.processes().find((process) => process.includes(' dns ') && process.includes('--control'));
  const pid = Number(line.split(' ')[0]);
  process.kill(pid, 'SIGSTOP');
  await until('another name server', async () => {
    const now = region.processes().find((process) => process.includes(' dns ') && process.includes('--control') && !process.includes('nubo-shim'));
    return now && Number(now.split(' ')[0]) !== pid;
  }, { seconds: 40, every: 200 });
  await until('all to be well again', async () => (await region.run(['status'])).code === 0);
  const events = await region.get('events');
  assert.ok(events.some((event) => event.status === 'hung' && /process \d+ of dns does not answer/.test(event.message)));
  assert.ok(events.some((event) => event.status === 'restarting' && /process \d+ of dns has not answered for/.test(event.message)));
  const { checks } = JSON.parse((await region.run(['status', '-o', 'json'])).out);
  assert.equal(checks.find((check) => check.what === 'dns').restarts, 1);
});

test('down, and status says that there is nothing', async () => {
  await region.ok(['down', '--data']);
  const { code, err } = await region.run(['status']);
  assert.equal(code, 1);
  assert.match(err, /no region is running/);
});

await runAll('e2e_commands', () => region.end(), Region.killAll);
