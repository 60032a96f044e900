// The todo architecture from the outside: the command line, names, the API, wrong input, crashes.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import dgram from 'node:dgram';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { promisify } from 'node:util';

import { Region, freePort, program, sleep, template, until } from './region.mjs';
import { runAll, test } from './runner.mjs';

const execute = promisify(execFile);
const region = await Region.make();
const scratch = mkdtempSync('/tmp/nubo-e2e-templates-');

function write(name, text) {
  writeFileSync(`${scratch}/${name}`, text);
  return `${scratch}/${name}`;
}

test('one command brings the architecture up', async () => {
  const { code, out, err } = await region.up();
  assert.equal(code, 0, err);
  assert.match(out, new RegExp(`http://app\\.todo\\.localhost:${region.httpPort}/`));
  // The template's own URL is right, too, whatever port the region has.
  const [{ outputs }] = await region.get('stacks');
  assert.equal(outputs.find((output) => output.key === 'URL').value, `http://app.todo.localhost:${region.httpPort}/`);
  const [, seconds] = out.match(/ready, after ([\d.]+) s/);
  console.log(`      healthy after ${seconds} s`);
});

test('again, unchanged, there is nothing to do', async () => {
  assert.match((await region.up()).out, /nothing to do: .* No updates are to be performed\./);
});

test('two frontends and two backends run in two zones', async () => {
  for (const group of ['Frontend', 'Backend']) {
    const instances = await region.inService(group);
    assert.equal(instances.length, 2);
    assert.equal(new Set(instances.map((i) => i.availabilityZone)).size, 2);
    for (const instance of instances) {
      assert.match(instance.instanceId, /^i-[0-9a-f]{17}$/);
      assert.match(instance.privateIpAddress, /^10\.0\.[12]\.\d+$/);
      assert.match(instance.loopbackAddress, /^127\./);
      assert.equal(instance.loopbackAddress.split('.').slice(2).join(), instance.privateIpAddress.split('.').slice(2).join());
      assert.match(instance.subnetId, /^subnet-/);
      assert.ok(instance.pid > 0);
      assert.equal(instance.isolated, true, instance.isolationReason);
    }
  }
});

test('every kind is listed as a table and as JSON', async () => {
  const kinds = ['stacks', 'resources', 'instances', 'groups', 'load-balancers', 'target-groups', 'targets', 'zones', 'records',
    'vpcs', 'subnets', 'databases', 'events', 'images'];
  for (const kind of kinds) {
    assert.ok((await region.get(kind)).length > 0, kind);
    assert.match(await region.ok(['get', kind]), /^[A-Z-]+/);
  }
  const [group] = await region.get('target-groups');
  assert.equal(group.unhealthy, 0);
  const wrong = await region.run(['get', 'instancse']);
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /instances/);
});

test('what is not enforced says so', async () => {
  const described = JSON.parse(await region.ok(['describe', 'BackendSecurityGroup', '-o', 'json']));
  assert.equal(described.enforced, false);
  assert.ok((await region.get('events')).some((e) => e.logicalId === 'BackendSecurityGroup' && /not enforced/.test(e.message)));
});

test('logs are there, and of nobody are not', async () => {
  const [instance] = await region.inService('Backend');
  assert.equal((await region.run(['logs', instance.instanceId])).code, 0);
  assert.match(await region.ok(['logs', 'dns']), /elb\.amazonaws\.com A NOERROR/i);
  assert.equal((await region.run(['logs', 'i-00000000000000000'])).code, 1);
});

const dig = (...args) => execute('dig', ['@127.0.0.1', '-p', String(region.dnsPort), '+tries=1', '+time=2', ...args]).then((r) => r.stdout);

test('dig is answered: addresses, SOA, NS, TCP, unknown names', async () => {
  const [balancer] = (await region.get('load-balancers')).filter((b) => b.scheme === 'internet-facing');
  const addresses = (await dig('+short', 'app.todo.localhost', 'A')).trim().split('\n').sort();
  assert.deepEqual(addresses, [...balancer.loopbackAddresses].sort());
  assert.deepEqual((await dig('+short', '+tcp', balancer.dnsName)).trim().split('\n').sort(), addresses);
  assert.match(await dig('todo.localhost', 'SOA'), /ANSWER: 1/);
  assert.match(await dig('todo.localhost', 'NS'), /status: NOERROR/);
  assert.match(await dig('nobody.todo.localhost'), /NXDOMAIN[\s\S]*SOA/);
  assert.match(await dig('example.com'), /REFUSED/);
  const [instance] = await region.inService('Backend');
  assert.equal((await dig('+short', instance.privateDnsName)).trim(), instance.loopbackAddress);
  assert.match(await region.ok(['dig', 'app.todo.localhost']), /ANSWER SECTION/);
});

test('a DNS packet of garbage is FORMERR if its header parses, silence if not, and the next query is answered', async () => {
  const ask = (bytes) => new Promise((resolve) => {
    const socket = dgram.createSocket('udp4');
    const timer = setTimeout(() => { socket.close(); resolve(null); }, 300);
    socket.on('message', (answer) => { clearTimeout(timer); socket.close(); resolve(answer); });
    socket.send(bytes, region.dnsPort, '127.0.0.1');
  });
  const header = Buffer.from([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  const answer = await ask(Buffer.concat([header, Buffer.from([0xff, 0xff, 0xff])]));
  assert.equal(answer.readUInt16BE(0), 0x1234);
  assert.equal(answer[3] & 15, 1);
  assert.equal(await ask(Buffer.from([1, 2, 3, 4, 5])), null);
  assert.match(await dig('app.todo.localhost'), /NOERROR/);
});

test('the API: sign up, add, edit, list, delete, sign out; each sees only their own', async () => {
  const token = await region.signUp('ada');
  const other = await region.signUp('bob');
  const added = await region.request('POST', '/todo', { token, body: { title: 'write tests' } });
  assert.equal(added.status, 201);
  assert.match(added.headers['x-instance-id'], /^i-/);
  const { id } = added.json;
  const changed = await region.request('PUT', `/todo/${id}`, { token, body: { done: true } });
  assert.equal(changed.json.done, true);
  assert.deepEqual((await region.request('GET', '/todo', { token })).json.data, [{ id, title: 'write tests', done: true }]);
  assert.deepEqual((await region.request('GET', '/todo', { token: other })).json.data, []);
  assert.equal((await region.request('PUT', `/todo/${id}`, { token: other, body: { done: false } })).status, 404);
  assert.equal((await region.request('DELETE', `/todo/${id}`, { token })).status, 204);
  assert.equal((await region.request('POST', '/auth/signout', { token })).status, 204);
  assert.equal((await region.request('GET', '/todo', { token })).status, 401);
});

test('a wrong password and an unknown user get the same answer', async () => {
  const answers = [];
  for (const username of ['ada', 'nobody-at-all']) {
    const { status, text } = await region.request('POST', '/auth/signin', { body: { username, password: 'not the password' } });
    answers.push({ status, text });
  }
  assert.equal(answers[0].status, 401);
  assert.deepEqual(answers[0], answers[1]);
});

test('a todo of 1 MB is refused with the reason', async () => {
  const token = await region.signUp('carol');
  const answer = await region.request('POST', '/todo', { token, body: { title: 'x'.repeat(1 << 20) } });
  assert.equal(answer.status, 413);
  assert.ok(answer.json.error.message.length > 10, answer.text);
});

test('malformed requests are refused, and the next one is answered', async () => {
  const raw = (text) => new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(region.httpPort, '127.0.0.1', () => socket.write(text));
    socket.setTimeout(5000, () => socket.destroy(new Error('no answer')));
    socket.on('data', (piece) => { answer += piece; });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
  assert.match(await raw('GET / HTTP/1.1\r\nHost: app.todo.localhost\r\nBad Header: x\r\n\r\n'), /^HTTP\/1\.1 400 /);
  assert.match(await raw('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n'), /^HTTP\/1\.1 400 /);
  assert.match(await raw(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(20000)}\r\n\r\n`), /^HTTP\/1\.1 431 /);
  assert.equal((await region.request('GET', '/')).status, 200);
  assert.equal((await region.request('GET', '/', { host: 'nobody.localhost' })).status, 404);
});

test('a backend speaks grpc.health.v1 through its load balancer', async () => {
  const [balancer] = (await region.get('load-balancers')).filter((b) => b.scheme === 'internal');
  const { connect: connectHttp2 } = await import('node:http2');
  const client = connectHttp2(`http://${balancer.loopbackAddresses[0]}:${balancer.listeners[0].localPort}`);
  const call = client.request({ ':method': 'POST', ':path': '/grpc.health.v1.Health/Check', 'content-type': 'application/grpc', te: 'trailers' });
  const pieces = [];
  let trailers = {};
  call.on('data', (piece) => pieces.push(piece));
  call.on('trailers', (fields) => { trailers = fields; });
  call.end(Buffer.from([0, 0, 0, 0, 0]));
  await new Promise((resolve, reject) => { call.on('end', resolve); call.on('error', reject); });
  client.close();
  assert.equal(trailers['grpc-status'], '0');
  // HealthCheckResponse {status: SERVING}
  assert.deepEqual([...Buffer.concat(pieces)], [0, 0, 0, 0, 2, 8, 1]);
});

const small = (resources) => `Resources:\n  Vpc:\n    Type: AWS::EC2::VPC\n    Properties: {CidrBlock: 10.9.0.0/16}\n${resources}`;

test('bad templates are refused with file, line and column, and leave nothing', async () => {
  const bad = {
    'unknown.yaml': [small('  Queue:\n    Type: AWS::SQS::Queue\n'), /unknown\.yaml:6:\d+: .*AWS::SQS::Queue/],
    'circle.yaml': [small('  A:\n    Type: AWS::EC2::RouteTable\n    DependsOn: B\n    Properties: {VpcId: !Ref Vpc}\n' +
      '  B:\n    Type: AWS::EC2::RouteTable\n    DependsOn: A\n    Properties: {VpcId: !Ref Vpc}\n'), /circle\.yaml:\d+:\d+: .*[Cc]ircular.*A.*B/],
    'cidr.yaml': [small('').replace('10.9.0.0/16', '10.9.0.0/33'), /cidr\.yaml:4:\d+: .*10\.9\.0\.0\/33/],
    'overlap.yaml': [small('  S1:\n    Type: AWS::EC2::Subnet\n    Properties: {VpcId: !Ref Vpc, CidrBlock: 10.9.0.0/24}\n' +
      '  S2:\n    Type: AWS::EC2::Subnet\n    Properties: {VpcId: !Ref Vpc, CidrBlock: 10.9.0.128/25}\n'), /overlap\.yaml:\d+:\d+: .*S[12].*S[12]|overlap\.yaml:\d+:\d+: .*overlap/],
  };
  for (const [name, [text, message]] of Object.entries(bad)) {
    const { code, err } = await region.up([write(name, text), '--name', 'bad']);
    assert.equal(code, 2, name);
    assert.match(err, message);
  }
  assert.deepEqual((await region.get('stacks')).map((s) => s.stackName), ['todo']);
});

test('a script that exits at once: the group backs off, says why, and keeps trying', async () => {
  const text = small(`  Subnet:
    Type: AWS::EC2::Subnet
    Properties: {VpcId: !Ref Vpc, CidrBlock: 10.9.1.0/24}
  Template:
    Type: AWS::EC2::LaunchTemplate
    Properties:
      LaunchTemplateData: {ImageId: todo-backend, UserData: {"Fn::Base64": "#!/bin/sh\\necho out of luck\\nexit 3\\n"}}
  Group:
    Type: AWS::AutoScaling::AutoScalingGroup
    Properties:
      MinSize: 1
      MaxSize: 1
      HealthCheckType: EC2
      VPCZoneIdentifier: [!Ref Subnet]
      LaunchTemplate: {LaunchTemplateId: !Ref Template, Version: 1}
`);
  await region.up([write('crash.yaml', text), '--name', 'crash', '--timeout', '3s']);
  const events = async () => (await region.get('events')).filter((e) => e.stackName === 'crash' && e.status === 'launch-failed' && /exited with status 3 after .*; next try in/.test(e.message));
  const waits = (await until('four deaths', async () => { const all = await events(); return all.length >= 4 && all; }, { seconds: 40 }))
    .map((e) => e.message.match(/next try in (\S+)/)[1]);
  assert.deepEqual(waits.slice(0, 4), ['1s', '2s', '4s', '8s']);
  const [group] = (await region.get('groups')).filter((g) => g.stackName === 'crash');
  assert.match(group.statusReason, /4 launches in a row failed .*exited with status 3/);
  await region.ok(['down', '--name', 'crash']);
});

test('two regions run side by side, and a port in use is named', async () => {
  const second = await Region.make();
  second.httpPort = region.httpPort;
  const clash = await second.up();
  assert.equal(clash.code, 1);
  assert.match(clash.err, new RegExp(`127\\.0\\.0\\.1:${region.httpPort}.*in use`));
  second.httpPort = await freePort();
  const { code, err } = await second.up();
  assert.equal(code, 0, err);
  assert.equal((await second.request('GET', '/')).status, 200);
  assert.equal((await region.request('GET', '/')).status, 200);
  await second.end();
});

test('a control plane that is killed is missed by nobody, and its successor adopts everything', async () => {
  const before = (await region.get('instances')).filter((i) => i.state === 'running').map((i) => `${i.instanceId} ${i.pid}`).sort();
  const daemon = region.processes().find((p) => p.includes(' serve ') || p.includes('nubo serve'));
  process.kill(Number(daemon.split(' ')[0]), 'SIGKILL');
  assert.equal((await region.request('GET', '/')).status, 200);
  assert.match((await region.run(['get', 'stacks'])).err, /no region is running/);
  assert.equal((await region.up()).code, 0);
  const after = (await region.get('instances')).filter((i) => i.state === 'running').map((i) => `${i.instanceId} ${i.pid}`).sort();
  assert.deepEqual(after, before);
});

test('its socket and its run directory are removed, again and again: it is found all the same, and is the only one', async () => {
  const answers = () => until('the region to answer', async () => (await region.run(['get', 'stacks'])).code === 0, { seconds: 15, every: 100 });
  const serving = () => region.processes().filter((line) => line.includes('nubo serve') && line.includes(region.state)).length;
  for (let removal = 0; removal < 5; ++removal) {
    rmSync(`${region.state}/run/nubo.sock`);
    await answers();
  }
  // None of those that were retired has taken the one in use with it.
  await sleep(2500);
  assert.equal((await region.run(['get', 'stacks'])).code, 0);
  rmSync(`${region.state}/run`, { recursive: true });
  await answers();
  assert.equal((await region.up()).code, 0);
  assert.equal(serving(), 1);
  // Those who keep the processes listen again, too.
  await until('all to be well', async () => (await region.run(['status'])).code === 0, { seconds: 30, every: 500 });
});

test('after an upgrade, load balancers and DNS server that die are started again', async () => {
  process.kill(Number(region.processes().find((p) => p.includes('nubo serve')).split(' ')[0]), 'SIGKILL');
  // Another time of change makes it another program.
  copyFileSync(program, `${scratch}/nubo`);
  const { code, err } = await region.up([], { exe: `${scratch}/nubo` });
  assert.equal(code, 0, err);
  const carriers = () => region.processes().filter((p) => /bin\/nubo-\w+-\w+ (proxy|dns) /.test(p)).map((p) => Number(p.split(' ')[0]));
  const before = carriers();
  assert.equal(before.length, 4);
  for (const pid of before) process.kill(pid, 'SIGKILL');
  await until('all four to be back', () => carriers().filter((pid) => !before.includes(pid)).length === 4);
  await until('status to be well', async () => (await region.run(['status'])).code === 0, { every: 200 });
  assert.equal((await region.request('GET', '/')).status, 200);
});

test('a directory that is not a region\'s is left as it is', async () => {
  const home = `${scratch}/home`;
  mkdirSync(`${home}/bin`, { recursive: true });
  writeFileSync(`${home}/bin/tool`, 'mine');
  for (const verb of [['up', template], ['down', '--data'], ['serve']]) {
    const { code, err } = await region.raw([...verb, '--state', home]);
    assert.equal(code, 1);
    assert.match(err, /holds something else \(bin\)/);
  }
  assert.deepEqual(readdirSync(home), ['bin']);
  assert.equal(readFileSync(`${home}/bin/tool`, 'utf8'), 'mine');
});

test('up right after an up that was refused', async () => {
  const third = await Region.make();
  const useless = write('useless.yaml', 'Resources:\n  A:\n    Type: AWS::EC2::Nothing\n');
  const useful = write('useful.yaml', 'Resources:\n  A:\n    Type: AWS::EC2::InternetGateway\n');
  for (let i = 0; i < 3; ++i) {
    assert.notEqual((await third.up([useless])).code, 0);
    const { code, err } = await third.up([useful, '--name', 'useful']);
    assert.equal(code, 0, err);
    await third.ok(['down']);
  }
  await third.end();
});

test('after a crash, down leaves nothing but the data', async () => {
  const daemon = region.processes().find((p) => p.includes('nubo serve'));
  process.kill(Number(daemon.split(' ')[0]), 'SIGKILL');
  await sleep(50);
  await region.ok(['down']);
  assert.deepEqual(region.processes(), []);
  assert.deepEqual(region.files().filter((f) => !f.includes('/log/')), []);
});

await runAll('e2e_up', async () => {
  rmSync(scratch, { recursive: true, force: true });
  await region.end();
}, Region.killAll);
