// The control plane stopped between every pair of writes to its store: whatever moment it is, the next one comes to the
// same end, and nothing is left over. Moments are found by counting up until none is met any more.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';

import { Region, root, sleep, until } from './region.mjs';
import { runAll, test } from './runner.mjs';

// Regions at once.
const WORKERS = Number(process.env.NUBO_E2E_WORKERS ?? 4);
// 1: every moment; 2: only those right after a write; more: ever fewer.
const STRIDE = Number(process.env.NUBO_E2E_CRASH_STRIDE ?? 1);
const FIRST = Number(process.env.NUBO_E2E_CRASH_FIRST ?? STRIDE);

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
    Properties: {ImageId: nobody-has-imported-this, SubnetId: !Ref SubnetA}
`);

class CrashingRegion extends Region {
  static async at(moment) {
    const region = Object.assign(new CrashingRegion(), await Region.make());
    region.dies = new Promise((resolve) => {
      const serve = spawn(`${root}/bazel-bin/lib/nubo/cli/nubo`,
        ['serve', '--state', region.state, '--http-address', `127.0.0.1:${region.httpPort}`, '--dns-address', `127.0.0.1:${region.dnsPort}`,
          '--crash-at', String(moment)],
        { cwd: '/tmp', stdio: 'ignore', env: { ...process.env, NUBO_SHIM: `${root}/bazel-bin/lib/nubo/drivers/nubo-shim` } });
      serve.on('exit', (code, signal) => {
        region.crashed = signal === 'SIGKILL';
        region.dead = true;
        resolve();
      });
    });
    await until('the region to listen', () => region.dead || existsSync(`${region.state}/run/nubo.sock`), { seconds: 20, every: 2 });
    return region;
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

// What there is, without names that differ from run to run.
async function endState(region) {
  const kinds = (lines, words) => lines.filter((line) => words.every((word) => line.includes(word))).length;
  const running = (await region.get('instances')).filter((i) => i.state !== 'terminated');
  const processes = region.processes();
  return {
    resources: (await region.get('resources')).map((r) => `${r.logicalResourceId} ${r.resourceStatus}`).sort(),
    instances: running.map((i) => `${i.state} ${i.lifecycleState}`),
    alive: running.map((i) => existsSync(`/proc/${i.pid}`)),
    targets: (await region.get('targets')).map((t) => t.state),
    records: (await region.get('records')).map((r) => `${r.name} ${r.type}`.replace(/-[0-9a-f]{8}-[0-9a-f]{10}|\d+-\d+-\d+-\d+/g, '…')).sort(),
    // Either subnet may have the instance.
    freeAddresses: (await region.get('subnets')).reduce((sum, subnet) => sum + subnet.availableIpAddressCount, 0),
    shims: kinds(processes, ['nubo-shim']),
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
    if (!/nobody-has-imported-this/.test(err)) throw new Error(err);
  });
  // As at AWS the stack itself stays, rolled back, until it is deleted.
  await region.through(() => region.ok(['down', '--data']));
  return {};
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
  const region = await CrashingRegion.at(moment);
  try {
    const state = await scenario(region);
    if (expected) assert.deepEqual(state, expected);
    if (!region.dead) await Promise.race([region.dies, sleep(8000)]);
    await gone(region);
    return region.crashed ? null : state;
  } catch (error) {
    throw new Error(`moment ${moment}: ${error.message} (state: ${region.state})`);
  }
}

async function everyMoment(scenario) {
  const expected = await atMoment(1000000, scenario, null);
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

await runAll('e2e_crash_points', async () => rmSync(scratch, { recursive: true }));
