// The control plane stopped between every pair of writes to its store: whatever moment it is, the next one comes to the
// same end, and nothing is left over. Moments are found by counting up until none is met any more.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';

import { Region, root, sleep, until, writesLog } from './region.mjs';
import { runAll, test } from './runner.mjs';

// Regions at once.
const WORKERS = Number(process.env.NUBO_E2E_WORKERS ?? 4);
// 1: every moment; 2: only those right after a write; more: ever fewer.
const STRIDE = Number(process.env.NUBO_E2E_CRASH_STRIDE ?? 1);
const FIRST = Number(process.env.NUBO_E2E_CRASH_FIRST ?? STRIDE);

// No run is that long.
const NEVER = 1000000;

const NETWORK = `
  Vpc:
    Type: AWS::EC2::VPC
    Properties: {CidrBlock: 10.0.0.0/16}
  SubnetA:
    Type: AWS::EC2::Subnet
    Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24, AvailabilityZone: us-east-1a}
  SubnetB:
    Type: AWS::EC2::Subnet
    Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.2.0/24, AvailabilityZone: us-east-1b}
  Targets:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties:
      {VpcId: !Ref Vpc, Protocol: HTTP, Port: 8080, TargetGroupAttributes: [{Key: deregistration_delay.timeout_seconds, Value: '1'}]}
  Balancer:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties: {Subnets: [!Ref SubnetA, !Ref SubnetB]}
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties: {LoadBalancerArn: !Ref Balancer, Port: 80, Protocol: HTTP, DefaultActions: [{Type: forward, TargetGroupArn: !Ref Targets}]}
  Template:
    Type: AWS::EC2::LaunchTemplate
    Properties:
      LaunchTemplateData:
        ImageId: todo-frontend
        UserData: {"Fn::Base64": "#!/bin/sh\\nexec todo-frontend --port 8080 --backend nobody.localhost:50051\\n"}
  Group:
    Type: AWS::AutoScaling::AutoScalingGroup
    DependsOn: Listener
    Properties:
      MinSize: 1
      MaxSize: 1
      VPCZoneIdentifier: [!Ref SubnetA, !Ref SubnetB]
      TargetGroupARNs: [!Ref Targets]
      LaunchTemplate: {LaunchTemplateId: !Ref Template, Version: 1}
  Zone:
    Type: AWS::Route53::HostedZone
    Properties: {Name: shop.localhost}
  Record:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: !Ref Zone
      Name: www.shop.localhost
      Type: A
      AliasTarget: {DNSName: !GetAtt Balancer.DNSName, HostedZoneId: !GetAtt Balancer.CanonicalHostedZoneID}
`;

const scratch = mkdtempSync('/tmp/nubo-e2e-crash-');
function write(name, text) {
  writeFileSync(`${scratch}/${name}`, text);
  return `${scratch}/${name}`;
}
const shop = write('shop.yaml', `Resources:${NETWORK}`);
const failing = write('failing.yaml', `Resources:${NETWORK}
  Last:
    Type: AWS::EC2::Instance
    DependsOn: [Group, Record]
    Properties: {ImageId: todo-frontend, SubnetId: !Ref SubnetA, PrivateIpAddress: !Select [0, !Split [/, !GetAtt Vpc.CidrBlock]]}
`);

// The same with a rolling update policy, and what an update of it changes: a launch template and so the group's instances, a
// subnet that others are in, a record more, a gateway less.
const rolling = NETWORK.replace('DependsOn: Listener\n',
  'DependsOn: Listener\n    UpdatePolicy: {AutoScalingRollingUpdate: {MinInstancesInService: 1}}\n')
  .replace('MaxSize: 1', 'MaxSize: 2').replace('Version: 1', 'Version: !GetAtt Template.LatestVersionNumber');
const second = rolling.replace('exec todo', 'export EDITION=2\\nexec todo').replace('10.0.2.0/24', '10.0.5.0/24') + `
  Second:
    Type: AWS::Route53::RecordSet
    Properties: {HostedZoneId: !Ref Zone, Name: second.shop.localhost, Type: A, AliasTarget: {DNSName: !GetAtt Balancer.DNSName, HostedZoneId: !GetAtt Balancer.CanonicalHostedZoneID}}
`;
const updatable = write('updatable.yaml', `Resources:${rolling}  Gate:\n    Type: AWS::EC2::InternetGateway\n`);
const updated = write('updated.yaml', `Resources:${second}`);
const unlucky = write('unlucky.yaml', `Resources:${second}
  Last:
    Type: AWS::EC2::Instance
    DependsOn: [Group, Record, Second]
    Properties: {ImageId: todo-frontend, SubnetId: !Ref SubnetA, PrivateIpAddress: !Select [0, !Split [/, !GetAtt Vpc.CidrBlock]]}
`);

class CrashingRegion extends Region {
  static async at(moment) {
    const region = Object.assign(new CrashingRegion(), await Region.make());
    await region.serve(moment);
    return region;
  }

  // Moments are counted from here on.
  async serve(moment) {
    this.dead = false;
    this.dies = new Promise((resolve) => {
      const serve = spawn(`${root}/bazel-bin/lib/nubo/cli/nubo`,
        ['serve', '--state', this.state, '--http-address', `127.0.0.1:${this.httpPort}`, '--dns-address', `127.0.0.1:${this.dnsPort}`,
          '--crash-at', String(moment)],
        { cwd: '/tmp', stdio: 'ignore', env: { ...process.env, NUBO_SHIM: `${root}/bazel-bin/lib/nubo/drivers/nubo-shim` } });
      this.daemon = serve;
      serve.on('exit', (code, signal) => {
        this.crashed = signal === 'SIGKILL';
        this.dead = true;
        resolve();
      });
    });
    await until('the region to listen', async () =>
      this.dead || (existsSync(`${this.state}/run/nubo.sock`) && (await this.run(['get', 'stacks'])).code === 0), { seconds: 20, every: 2 });
  }

  // Does it with a control plane that lives, then has another one take over that dies at `moment`.
  async beforeDying(moment, step) {
    await step();
    this.daemon.kill('SIGKILL');
    await this.dies;
    await this.serve(moment);
  }

  // Does it, and once more if the control plane died meanwhile; the command starts another one.
  async through(step) {
    const whole = !this.dead;
    try {
      return await step();
    } catch (error) {
      await sleep(50);
      if (!whole || !this.crashed) throw error;
      return step();
    }
  }
}

const upTo = (region, file) => async () => {
  const { code, err } = await region.up([file, '--name', 'shop', '--timeout', '25s'], { seconds: 30 });
  if (code !== 0) throw new Error(err);
};

// What an update has replaced takes its time to go.
const oldOnesGone = (region) => until('old instances to be gone', async () =>
  (await region.get('instances')).every((i) => i.state === 'terminated' || i.lifecycleState !== 'Terminating'), { seconds: 20, every: 50 });

// What there is, without names that differ from run to run.
async function endState(region) {
  const kinds = (lines, words) => lines.filter((line) => words.every((word) => line.includes(word))).length;
  const running = (await region.get('instances')).filter((i) => i.state !== 'terminated');
  const processes = region.processes();
  return {
    resources: (await region.get('resources')).map((r) => `${r.logicalId} ${r.status}`).sort(),
    instances: running.map((i) => `${i.state} ${i.lifecycleState}`),
    alive: running.map((i) => existsSync(`/proc/${i.pid}`)),
    targets: (await region.get('targets')).map((t) => t.state),
    records: (await region.get('records')).map((r) => `${r.name} ${r.type}`.replace(/-[0-9a-f]{8}-[0-9a-f]{10}|\d+-\d+-\d+-\d+/g, '…')).sort(),
    // Either subnet may have the instance.
    freeAddresses: (await region.get('subnets')).reduce((sum, subnet) => sum + subnet.availableIpAddressCount, 0),
    shims: kinds(processes.filter((line) => !writesLog(line)), ['nubo-shim']),
    proxies: kinds(processes.filter((line) => !line.includes('nubo-shim')), [' proxy ']),
    servers: kinds(processes.filter((line) => !line.includes('nubo-shim')), [' dns ']),
    frontends: kinds(processes.filter((line) => !line.includes('nubo-shim')), ['todo-frontend']),
    sockets: region.files().filter((file) => file.includes('/run/') && file.endsWith('.sock')).length,
    scraps: region.files().filter((file) => /\.(spec|new)$/.test(file)),
  };
}

async function upReplaceDown(region) {
  await region.through(upTo(region, shop));
  const [first] = (await region.get('instances')).filter((i) => i.state === 'running');
  await region.through(async () => {
    try { process.kill(first.pid, 'SIGKILL'); } catch { /* it has been killed before the control plane died */ }
    await until('its successor', async () => {
      if (region.crashed) throw new Error('the control plane is dead');
      return (await region.get('instances')).some((i) => i.instanceId !== first.instanceId && i.lifecycleState === 'InService');
    }, { seconds: 20, every: 50 }).catch(async (error) => {
      await upTo(region, shop)();
      if (!(await region.get('instances')).some((i) => i.instanceId !== first.instanceId && i.lifecycleState === 'InService')) throw error;
    });
  });
  await region.through(upTo(region, shop));
  const page = await region.request('GET', '/', { host: 'www.shop.localhost' });
  const state = await endState(region);
  await region.through(() => region.ok(['down', '--name', 'shop', '--data']));
  return { ...state, page: page.status };
}

async function rollBack(region) {
  await region.through(async () => {
    const { code, err } = await region.up([failing, '--name', 'shop', '--timeout', '25s'], { seconds: 30 });
    assert.equal(code, 1);
    if (!/10\.0\.0\.0 is/.test(err)) throw new Error(err);
  });
  // As at AWS the stack itself stays, rolled back, until it is deleted.
  await region.through(() => region.ok(['down', '--data']));
  return {};
}

// Up by a control plane that lives; then the update, from the first write of the one that dies.
async function update(region, moment) {
  await region.beforeDying(moment, upTo(region, updatable));
  await region.through(async () => {
    await upTo(region, updated)();
    await oldOnesGone(region);
  });
  const pages = [];
  for (const host of ['www.shop.localhost', 'second.shop.localhost']) pages.push((await region.request('GET', '/', { host })).status);
  const state = await endState(region);
  const blocks = (await region.get('subnets')).map((subnet) => subnet.cidrBlock).sort();
  await region.through(() => region.ok(['down', '--name', 'shop', '--data']));
  return { ...state, pages, blocks };
}

async function updateRollsBack(region, moment) {
  let before;
  await region.beforeDying(moment, async () => {
    await upTo(region, updatable)();
    before = (await region.get('resources')).map((r) => `${r.logicalId} ${r.physicalId}`).sort();
  });
  await region.through(async () => {
    const { code, err } = await region.up([unlucky, '--name', 'shop', '--timeout', '25s'], { seconds: 30 });
    assert.equal(code, 1);
    // It may be on its way back already.
    if (!/10\.0\.0\.0 is/.test(err) && !/is in UPDATE_ROLLBACK_\w+ state/.test(err)) throw new Error(err);
    await until('it to be as it was', async () => {
      if (region.crashed && region.dead && (await region.run(['get', 'stacks'])).code !== 0) throw new Error('the control plane is dead');
      const [stack] = await region.get('stacks');
      return stack.stackStatus === 'UPDATE_ROLLBACK_COMPLETE' && stack.ready;
    }, { seconds: 20, every: 50 });
    await oldOnesGone(region);
  });
  assert.deepEqual((await region.get('resources')).map((r) => `${r.logicalId} ${r.physicalId}`).sort(), before);
  const page = await region.request('GET', '/', { host: 'www.shop.localhost' });
  const state = await endState(region);
  const blocks = (await region.get('subnets')).map((subnet) => subnet.cidrBlock).sort();
  await region.through(() => region.ok(['down', '--name', 'shop', '--data']));
  return { ...state, page: page.status, blocks };
}

// Everything goes within a moment of the command that ends it.
async function gone(region) {
  const left = () => [...region.processes(), ...region.files()];
  await until('all of it to be gone', () => left().length === 0, { seconds: 8, every: 20 }).catch(() => {
    throw new Error(`is left: ${left().join('\n')}`);
  });
  rmSync(region.state, { recursive: true, force: true });
}

// Throws with the moment's number; false: the run ended before it came.
async function atMoment(moment, scenario, expected) {
  const region = await CrashingRegion.at(scenario.length > 1 ? NEVER : moment);
  try {
    const state = await scenario(region, moment);
    if (expected) assert.deepEqual(state, expected);
    if (!region.dead) await Promise.race([region.dies, sleep(8000)]);
    await gone(region);
    return region.crashed ? null : state;
  } catch (error) {
    throw new Error(`moment ${moment}: ${error.message}\n${region.lastWords()}`);
  }
}

async function everyMoment(scenario) {
  const expected = await atMoment(NEVER, scenario, null);
  assert.ok(expected, 'without a crash it comes to its end');
  let next = FIRST;
  let done = false;
  let crashes = 0;
  const work = async () => {
    while (!done) {
      const moment = next;
      next += STRIDE;
      if (await atMoment(moment, scenario, expected)) done = true;
      else ++crashes;
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  console.log(`      stopped at ${crashes} moments${STRIDE > 1 ? `, each ${STRIDE === 2 ? 'right after a write' : `${STRIDE} apart`}` : ''}`);
  assert.ok(crashes > 8 / STRIDE, `only ${crashes} moments were met`);
}

test('up, a replacement and down: stopped at every moment, the same end', () => everyMoment(upReplaceDown), { seconds: 900 });
test('a rollback: stopped at every moment, the same end', () => everyMoment(rollBack), { seconds: 900 });

test('an update: stopped at every moment, the same end', () => everyMoment(update), { seconds: 900 });
test('an update that rolls back: stopped at every moment, as it was', () => everyMoment(updateRollsBack), { seconds: 900 });

await runAll('e2e_crash_points', () => {}, () => {
  rmSync(scratch, { recursive: true });
  Region.killAll();
});
