// What it costs the people who use the todo list when a part of the region itself dies: the control plane nothing, a
// load balancer or the DNS server a moment.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';

import { Region, sleep, until } from './region.mjs';
import { runAll, test } from './runner.mjs';
import { TodoLoad } from './todo_load.mjs';

const CLIENTS = Number(process.env.NUBO_E2E_CLIENTS ?? 2000);
// A dead process is noticed as soon as somebody has a processor to notice it; what was sent until then went to it.
const NOTICED_MS = 1500;
const CONTROL_KILLS = Number(process.env.NUBO_E2E_CONTROL_KILLS ?? 10);
// Of a part of the data plane: how long until it serves again.
const BACK_MS_MAX = 1000;

const region = await Region.make();
const scratch = mkdtempSync('/tmp/nubo-e2e-templates-');

const whole = () => until('everything to be whole', async () =>
  (await region.inService('Frontend')).length === 2 && (await region.inService('Backend')).length === 2 &&
  (await region.get('targets')).filter((t) => t.state === 'healthy').length === 4, { seconds: 30, every: 50 });

// The process of this region whose command line has all of `words`.
function pidOf(...words) {
  const found = region.processes().filter((line) => !line.includes('nubo-shim') && words.every((word) => line.includes(word)));
  assert.equal(found.length, 1, `processes with ${words}: ${found.join('; ')}`);
  return Number(found[0].split(' ')[0]);
}

// What the region's DNS server answers, asked without the region's help.
const dig = async (name) =>
  (await promisify(execFile)('dig', ['+short', '+tries=1', '@127.0.0.1', '-p', String(region.dnsPort), name])).stdout;

// Milliseconds until the page is answered again.
async function backAfter() {
  const start = Date.now();
  await until('the page to be answered', async () => {
    try {
      return (await region.request('GET', '/')).status === 200;
    } catch {
      return false;
    }
  }, { seconds: 10, every: 5 });
  return Date.now() - start;
}

test('a stack that cannot become ready: up names what it waits for, and deletes nothing', async () => {
  const file = `${scratch}/never.yaml`;
  writeFileSync(file, `Resources:
  Vpc:
    Type: AWS::EC2::VPC
    Properties: {CidrBlock: 10.8.0.0/16}
  SubnetA:
    Type: AWS::EC2::Subnet
    Properties: {VpcId: !Ref Vpc, CidrBlock: 10.8.1.0/24, AvailabilityZone: us-east-1a}
  SubnetB:
    Type: AWS::EC2::Subnet
    Properties: {VpcId: !Ref Vpc, CidrBlock: 10.8.2.0/24, AvailabilityZone: us-east-1b}
  Targets:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties: {VpcId: !Ref Vpc, Protocol: HTTP, Port: 8080}
  Balancer:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties: {Type: application, Scheme: internal, Subnets: [!Ref SubnetA, !Ref SubnetB]}
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties: {LoadBalancerArn: !Ref Balancer, Port: 80, Protocol: HTTP, DefaultActions: [{Type: forward, TargetGroupArn: !Ref Targets}]}
  Template:
    Type: AWS::EC2::LaunchTemplate
    Properties:
      LaunchTemplateData: {ImageId: todo-backend, UserData: {"Fn::Base64": "#!/bin/sh\\nexit 3\\n"}}
  Group:
    Type: AWS::AutoScaling::AutoScalingGroup
    DependsOn: Listener
    Properties:
      MinSize: 1
      MaxSize: 1
      HealthCheckType: ELB
      VPCZoneIdentifier: [!Ref SubnetA]
      TargetGroupARNs: [!Ref Targets]
      LaunchTemplate: {LaunchTemplateId: !Ref Template, Version: 1}
`);
  const start = Date.now();
  const { code, err } = await region.up([file, '--name', 'never', '--timeout', '2s']);
  assert.equal(code, 1);
  assert.match(err, /stack never is not ready after 2s; it still waits for Group: 0 of 1 in service.*exited with status 3.*; nothing was deleted/);
  assert.ok(Date.now() - start < 6000, `up took ${Date.now() - start} ms`);
  assert.equal((await region.get('stacks'))[0].stackName, 'never');
  await region.ok(['down', '--name', 'never']);
});

// Everything that carries requests, by what it is: {'i-…': pid, …}.
async function dataPlane() {
  const pids = {};
  for (const instance of await region.get('instances')) {
    if (instance.state === 'running') pids[instance.instanceId] = instance.pid;
  }
  for (const balancer of await region.get('load-balancers')) pids[balancer.loadBalancerName] = balancer.pid;
  for (const database of await region.get('databases')) pids[database.dbInstanceIdentifier] = database.pid;
  pids.edge = pidOf(' proxy ', '/svc/edge/');
  pids.dns = pidOf(' dns ', '--control');
  return pids;
}

test(`the control plane killed with -9 ${CONTROL_KILLS} times under ${CLIENTS} requests at once: not one fails, and all else lives on`, async () => {
  const { code, err } = await region.up();
  assert.equal(code, 0, err);
  await whole();
  const before = await dataPlane();
  const load = await TodoLoad.start(region, CLIENTS);
  for (let kill = 0; kill < CONTROL_KILLS; ++kill) {
    process.kill(pidOf('nubo serve'), 'SIGKILL');
    await sleep(200);
    const up = await region.up();
    assert.equal(up.code, 0, up.err);
  }
  const summary = await load.stop();
  assert.ok(summary.inFlightMax >= CLIENTS * 0.99);
  assert.deepEqual(summary.failures, []);
  assert.deepEqual(summary.lost.slice(0, 3), []);
  assert.deepEqual(await dataPlane(), before);
}, { seconds: 120 });

test(`an instance killed while the control plane is dead: only what it carried fails, and the next control plane replaces it`, async () => {
  const load = await TodoLoad.start(region, CLIENTS);
  const [victim] = await region.inService('Backend');
  process.kill(pidOf('nubo serve'), 'SIGKILL');
  await sleep(1000);
  // Nobody replaces it now; the load balancers alone must spare everybody its death.
  const kill = Date.now();
  process.kill(victim.pid, 'SIGKILL');
  await sleep(1500);
  assert.equal((await region.up()).code, 0);
  await whole();
  await sleep(500);
  const summary = await load.stop();
  for (const failure of summary.failures) {
    const itsVictim = failure.method === 'POST' && failure.status === 502 && failure.startMs <= kill + NOTICED_MS && failure.endMs >= kill;
    assert.ok(itsVictim, `was no victim's: ${JSON.stringify(failure)}`);
  }
  assert.deepEqual(summary.lost.slice(0, 3), []);
}, { seconds: 90 });

test('the DNS server, a load balancer and the database killed while the control plane is dead: they are back without it', async () => {
  await whole();
  const before = await dataPlane();
  const [balancer] = (await region.get('load-balancers')).filter((b) => b.scheme === 'internet-facing');
  const [database] = await region.get('databases');
  const [instance] = await region.inService('Frontend');
  process.kill(pidOf('nubo serve'), 'SIGKILL');
  for (const pid of [before.dns, balancer.pid, database.pid]) process.kill(pid, 'SIGKILL');
  console.log(`      the page is answered again after ${await backAfter()} ms`);
  const token = await region.signUp('while_it_is_dead');
  await until('the database to be back', async () =>
    (await region.request('POST', '/todo', { token, body: { title: 'still here' } })).status === 201, { seconds: 10, every: 20 });
  assert.match(await dig('app.todo.localhost'), /^127\.\d+\.\d+\.\d+$/m);
  assert.equal((await region.up()).code, 0);
  const after = await dataPlane();
  for (const killed of ['dns', balancer.loadBalancerName, database.dbInstanceIdentifier]) {
    assert.notEqual(after[killed], before[killed]);
    delete after[killed];
    delete before[killed];
  }
  assert.deepEqual(after, before);
  const restarts = (await region.get('events')).filter((event) => event.status === 'restarted');
  assert.ok(restarts.some((event) => event.message.includes(`process ${balancer.pid} ended while nobody was watching`)), JSON.stringify(restarts));
}, { seconds: 60 });

test('the DNS server killed with -9 under load is back, and nobody notices', async () => {
  const load = await TodoLoad.start(region, 200);
  const before = pidOf(' dns ', '--control');
  process.kill(before, 'SIGKILL');
  const start = Date.now();
  await until('dig to be answered', async () => (await region.run(['dig', 'app.todo.localhost'])).code === 0, { seconds: 10, every: 10 });
  console.log(`      answers again after ${Date.now() - start} ms`);
  assert.notEqual(pidOf(' dns ', '--control'), before);
  await sleep(1000);
  const summary = await load.stop();
  assert.deepEqual(summary.failures, []);
  assert.deepEqual(summary.lost.slice(0, 3), []);
});

for (const [what, pid] of [
  ['the shared listener', async () => pidOf(' proxy ', '/svc/edge/')],
  ["the frontend's load balancer", async () => (await region.get('load-balancers')).find((b) => b.scheme === 'internet-facing').pid],
  ["the backend's load balancer", async () => (await region.get('load-balancers')).find((b) => b.scheme === 'internal').pid],
]) {
  test(`${what} killed with -9 under load is back with its targets, and no acknowledged write is lost`, async () => {
    await whole();
    const load = await TodoLoad.start(region, 200);
    const victim = await pid();
    const kill = Date.now();
    process.kill(victim, 'SIGKILL');
    const ms = await backAfter();
    await sleep(1500);
    const { lost, failures } = await load.stop();
    const kinds = {};
    for (const { method, status } of failures) kinds[`${method} ${status || 'cut off'}`] = (kinds[`${method} ${status || 'cut off'}`] ?? 0) + 1;
    console.log(`      the page is answered again after ${ms} ms; failed, all under way at the kill: ${JSON.stringify(kinds)}`);
    assert.ok(ms < BACK_MS_MAX, `${ms} ms`);
    assert.deepEqual(lost.slice(0, 3), []);
    // Its listening sockets outlive it: whoever comes later waits, and is served.
    assert.deepEqual(failures.filter((failure) => failure.startMs > kill + NOTICED_MS), []);
    await whole();
  });
}

await runAll('e2e_outages', async () => {
  rmSync(scratch, { recursive: true });
  await region.end();
}, Region.killAll);
