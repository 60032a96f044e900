// What it costs the people who use the todo list when a part of the region itself dies: the control plane nothing, a
// load balancer or the DNS server a moment.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';

import { Region, sleep, until } from './region.mjs';
import { runAll, test } from './runner.mjs';
import { TodoLoad } from './todo_load.mjs';

const CLIENTS = Number(process.env.NUBO_E2E_CLIENTS ?? 2000);

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

test(`the control plane killed with -9 under ${CLIENTS} requests at once: nobody notices, not even while an instance dies`, async () => {
  const { code, err } = await region.up();
  assert.equal(code, 0, err);
  const load = await TodoLoad.start(region, CLIENTS);
  const [victim] = await region.inService('Backend');
  process.kill(pidOf('nubo serve'), 'SIGKILL');
  await sleep(1500);
  // Nobody replaces it now; the load balancers alone must spare everybody its death.
  const kill = Date.now();
  process.kill(victim.pid, 'SIGKILL');
  await sleep(1500);
  assert.equal((await region.up()).code, 0);
  await whole();
  await sleep(500);
  const summary = await load.stop();
  assert.ok(summary.inFlightMax >= CLIENTS * 0.99);
  for (const failure of summary.failures) {
    const itsVictim = failure.method === 'POST' && failure.status === 502 && failure.startMs <= kill + 100 && failure.endMs >= kill;
    assert.ok(itsVictim, `was no victim's: ${JSON.stringify(failure)}`);
  }
  assert.deepEqual(summary.lost.slice(0, 3), []);
}, { seconds: 90 });

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
    process.kill(await pid(), 'SIGKILL');
    const ms = await backAfter();
    console.log(`      the page is answered again after ${ms} ms`);
    assert.ok(ms < 3000, `${ms} ms`);
    // What was under way may still time out; what begins after a second must not fail.
    const over = Date.now() + 1000;
    await sleep(2500);
    const { lost, failures } = await load.stop();
    assert.deepEqual(lost.slice(0, 3), []);
    assert.deepEqual(failures.filter((failure) => failure.startMs > over), []);
    await whole();
  });
}

await runAll('e2e_outages', async () => {
  rmSync(scratch, { recursive: true });
  await region.end();
});
