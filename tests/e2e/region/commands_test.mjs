// The verbs that look and that change one thing, against a running region: status, doctor, exec, set-desired, -o.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';

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

test('reach, explain and ipam tell what the networks of the stack come to', async () => {
  const open = await region.run(['reach', 'internet', 'todo/FrontendLoadBalancer', '80']);
  assert.equal(open.code, 0, open.out + open.err);
  const [backend] = await region.inService('Backend');
  const [frontend] = await region.inService('Frontend');
  const allowed = await region.run(['reach', backend.instanceId, 'todo/TodoDatabase', '3306']);
  assert.equal(allowed.code, 0, allowed.out + allowed.err);
  const refused = await region.run(['reach', frontend.instanceId, 'todo/TodoDatabase', 'tcp:3306']);
  assert.equal(refused.code, 1, refused.out);
  assert.match(refused.out, /^x sg-/m);
  assert.equal((await region.run(['reach', 'internet', 'todo/Nobody'])).code, 2);
  assert.match(await region.ok(['explain', 'todo/DatabaseSecurityGroup']), /tcp 3306 from members of sg-/);
  assert.equal((await region.run(['explain', 'todo/Vpc'])).code, 0);
  const { spaces } = JSON.parse(await region.ok(['ipam', '-o', 'json']));
  const [vpc] = spaces.filter(({ name }) => name === 'todo/Vpc');
  assert.deepEqual(vpc.blocks.map(({ kind }) => kind), ['pool', 'pool']);
  assert.match(await region.ok(['ipam', 'todo/Vpc']), new RegExp(`${backend.privateIpAddress.replaceAll('.', '\\.')}/32 +${backend.instanceId}`));
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

// A server of no group that counts its starts, behind a load balancer.
const alone = `
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.9.0.0/16}}
  SubnetA: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.9.1.0/24, AvailabilityZone: us-east-1a}}
  SubnetB: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.9.2.0/24, AvailabilityZone: us-east-1b}}
  Web:
    Type: AWS::EC2::Instance
    Properties:
      ImageId: todo-frontend
      SubnetId: !Ref SubnetA
      UserData: {"Fn::Base64": "#!/bin/sh\\necho started >> starts\\necho line $(wc -l < starts)\\nexec todo-frontend --port 8080 --backend nobody.localhost:50051\\n"}
  Balancer: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer, Properties: {Subnets: [!Ref SubnetA, !Ref SubnetB]}}
  Targets:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties: {VpcId: !Ref Vpc, Protocol: HTTP, Port: 8080, HealthCheckIntervalSeconds: 5, HealthCheckTimeoutSeconds: 2, Targets: [{Id: !Ref Web}]}
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties: {LoadBalancerArn: !Ref Balancer, Port: 80, Protocol: HTTP, DefaultActions: [{Type: forward, TargetGroupArn: !Ref Targets}]}
`;
const web = async () => (await region.get('instances')).find((i) => i.stackName === 'alone' && i.logicalId === 'Web');
const target = async (id) => (await region.get('targets')).find((t) => t.targetId === id);

test('an instance is stopped, stays so without its control plane, and is started with its files and its address', async () => {
  const file = `${region.state}.yaml`;
  writeFileSync(file, alone);
  const up = await region.up([file, '--name', 'alone']);
  assert.equal(up.code, 0, up.err);
  const before = await web();
  const id = before.instanceId;
  assert.match(await region.ok(['stop', 'alone/Web', '--wait']), new RegExp(`^${id}: running -> stopping\n$`));
  assert.equal((await web()).state, 'stopped');
  assert.deepEqual(region.processes().filter((line) => line.includes(id)), []);
  const unused = await target(id);
  assert.equal(`${unused.state} ${unused.reason}`, 'unused Target.InvalidState');
  assert.match(await region.ok(['stop', id]), new RegExp(`^${id}: stopped -> stopped\n$`));
  const refused = await region.run(['reboot', id]);
  assert.equal(refused.code, 1);
  assert.match(refused.err, new RegExp(`IncorrectInstanceState: The instance '${id}' .* it is stopped, not running`));

  process.kill(JSON.parse(await region.ok(['status', '-o', 'json'])).checks.find((check) => check.what === 'region').pid, 'SIGKILL');
  assert.equal((await region.up([file, '--name', 'alone'])).code, 0);
  assert.equal((await web()).state, 'stopped');
  // Somebody wanted it so: that is worth a line, and no failure.
  await until('all to be well but for that', async () => {
    const { code, out } = await region.run(['status']);
    return code === 0 && /warning +instance alone\/Web +stopped/.test(out);
  });

  assert.match(await region.ok(['start', id, '--wait']), new RegExp(`^${id}: stopped -> pending\n$`));
  const after = await web();
  assert.equal(`${after.privateIpAddress} ${after.loopbackAddress}`, `${before.privateIpAddress} ${before.loopbackAddress}`);
  assert.equal((await exec(id, 'cat', 'starts')).out, 'started\nstarted\n');
  await until('the target to be healthy again', async () => (await target(id)).state === 'healthy', { seconds: 60 });
  assert.match(await region.ok(['start', id]), new RegExp(`^${id}: running -> running\n$`));
});

test('a reboot is another process of the same instance, and its log can be read from then on', async () => {
  const before = await web();
  const since = new Date().toISOString();
  assert.equal(await region.ok(['reboot', before.instanceId, '--wait']), `${before.instanceId}: rebooting\n`);
  const after = await web();
  assert.equal(`${after.instanceId} ${after.loopbackAddress} ${after.state}`, `${before.instanceId} ${before.loopbackAddress} running`);
  assert.notEqual(after.pid, before.pid);
  assert.equal((await exec(after.instanceId, 'cat', 'starts')).out, 'started\nstarted\nstarted\n');
  const log = (...args) => region.ok(['logs', 'alone/Web', ...args]);
  await until('its third line', async () => /^line 3$/m.test(await log('--since', since)));
  assert.doesNotMatch(await log('--since', since), /^line 1$/m);
  assert.match(await log('--since', '1h'), /^line 1$[^]*^line 3$/m);
  assert.equal((await log('--since', '1h', '-n', '2')).split('\n').length, 3);
  assert.equal((await region.run(['logs', 'alone/Web', '--since', 'yesterday'])).code, 2);
});

test('a stopped instance is terminated, and what is terminated or unknown is refused', async () => {
  const { instanceId: id } = await web();
  await region.ok(['protect', id]);
  await region.ok(['stop', id, '--wait']);
  assert.match((await region.run(['terminate', id])).err, /OperationNotPermitted/);
  await region.ok(['protect', id, '--off']);
  await region.ok(['terminate', id, '--wait', '--timeout', '20s']);
  for (const verb of ['stop', 'start', 'reboot']) {
    const over = await region.run([verb, id]);
    assert.equal(over.code, 1);
    assert.match(over.err, /IncorrectInstanceState: .* it is terminated, not /);
    assert.match((await region.run([verb, 'i-0123456789abcdef0'])).err, /InvalidInstanceID\.NotFound/);
  }
  await region.ok(['down', 'alone']);
  rmSync(`${region.state}.yaml`);
});

test('a group replaces a member that is stopped, and the answer says so', async () => {
  const [{ instanceId: id, autoScalingGroupName: group }] = await region.inService('Frontend');
  const answer = await region.ok(['stop', id, '--wait']);
  assert.equal(answer, `${id}: running -> stopping; belongs to group ${group}, which will replace it\n`);
  await until('its successor', async () => {
    const now = await region.inService('Frontend');
    return now.length === 2 && now.every((i) => i.instanceId !== id);
  });
});

test('down, and status says that there is nothing', async () => {
  await region.ok(['down', '--data']);
  const { code, err } = await region.run(['status']);
  assert.equal(code, 1);
  assert.match(err, /no region is running/);
});

await runAll('e2e_commands', () => region.end(), Region.killAll);
