// Updates of the todo architecture while people use it: planned, applied, taken back.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

import { Region, template } from './region.mjs';
import { runAll, test } from './runner.mjs';
import { TodoLoad } from './todo_load.mjs';

const CLIENTS = Number(process.env.NUBO_E2E_UPDATE_CLIENTS ?? 50);

const region = await Region.make();
const scratch = mkdtempSync('/tmp/nubo-e2e-updates-');
let present = readFileSync(template, 'utf8');

function edited(...pairs) {
  let text = present;
  for (const [from, to] of pairs) {
    assert.ok(text.includes(from), `the template has ${from}`);
    text = text.replace(from, to);
  }
  return text;
}

function write(text) {
  writeFileSync(`${scratch}/template.yaml`, text);
  return `${scratch}/template.yaml`;
}

// What the plan says, as "Modify FrontendGroup False".
async function plan(file) {
  const { code, out, err } = await region.run(['plan', file, '--name', 'todo', '-o', 'json']);
  assert.equal(code, 2, err);
  return JSON.parse(out).changes.map((change) => `${change.action} ${change.logicalId} ${change.replacement}`);
}

const physical = async (id) => (await region.get('resources')).find((r) => r.logicalId === id)?.physicalId;
const running = async (group) => (await region.inService(group)).map((i) => i.instanceId).sort();
const statuses = async () => (await region.get('events')).filter((e) => e.type === 'AWS::CloudFormation::Stack').map((e) => e.status);

// Plans and applies under load; nobody notices.
async function update(text, planned) {
  const file = write(text);
  assert.deepEqual(await plan(file), planned);
  const load = await TodoLoad.start(region, CLIENTS);
  const { code, err } = await region.up([file, '--name', 'todo']);
  const { failures, lost } = await load.stop();
  assert.equal(code, 0, err);
  assert.deepEqual(failures.filter((f) => f.method !== 'POST'), []);
  assert.deepEqual(lost, []);
  present = text;
  assert.equal((await region.run(['plan', file, '--name', 'todo'])).code, 0, 'nothing is left to do');
}

test('without a region everything would be added', async () => {
  const { code, out } = await region.run(['plan', template, '--name', 'todo']);
  assert.equal(code, 2);
  assert.match(out, /Stack todo would be created:/);
  assert.match(out, /\d+ to add \(\+\), 0 to change/);
});

test('up, and again: no updates are to be performed', async () => {
  const { code, err } = await region.up([write(present), '--name', 'todo']);
  assert.equal(code, 0, err);
  const again = await region.run(['plan', write(present), '--name', 'todo']);
  assert.equal(again.code, 0, again.err);
  assert.match(again.out, /No updates are to be performed/);
  assert.match((await region.up([write(present), '--name', 'todo'])).out, /No updates are to be performed/);
});

test('sizes and health checks change in place', async () => {
  const before = { frontend: await running('Frontend'), targets: await physical('FrontendTargetGroup') };
  const text = edited(['DesiredCapacity: !Ref FrontendInstances', "DesiredCapacity: '3'"],
    ['HealthCheckPath: /healthz\n      HealthCheckIntervalSeconds: 5', 'HealthCheckPath: /healthz\n      HealthCheckIntervalSeconds: 6']);
  await update(text, ['Modify FrontendTargetGroup False', 'Modify FrontendGroup False']);
  const after = await running('Frontend');
  assert.equal(after.length, 3);
  assert.ok(before.frontend.every((id) => after.includes(id)), 'those that were there stay');
  assert.equal(await physical('FrontendTargetGroup'), before.targets);
  const [group] = (await region.get('target-groups')).filter((g) => g.targetGroupArn === before.targets);
  assert.equal(group.healthCheckIntervalSeconds ?? 6, 6);
});

test('a parameter alone is an update too', async () => {
  const file = write(present);
  const { code, err } = await region.up([file, '--name', 'todo', '--param', 'BackendInstances=3']);
  assert.equal(code, 0, err);
  assert.equal((await running('Backend')).length, 3);
  assert.equal((await region.up([file, '--name', 'todo'])).code, 0);
  assert.equal((await running('Backend')).length, 2);
});

test('another launch template rolls through the group, batch by batch', async () => {
  const before = await running('Frontend');
  await update(edited(['exec todo-frontend --port 8080', 'export EDITION=2\n            exec todo-frontend --port 8080']),
    ['Modify FrontendLaunchTemplate False', 'Modify FrontendGroup False']);
  const after = await running('Frontend');
  assert.equal(after.length, 3);
  assert.ok(before.every((id) => !after.includes(id)), 'every instance is a new one');
});

test('a group of another name takes the place of the old one, which goes when it serves', async () => {
  const before = await physical('FrontendGroup');
  await update(edited(["    Properties:\n      MinSize: '2'\n      MaxSize: '4'\n      DesiredCapacity: '3'",
    "    Properties:\n      AutoScalingGroupName: todo-Frontend-fleet\n      MinSize: '2'\n      MaxSize: '4'\n      DesiredCapacity: '3'"]),
  ['Modify FrontendGroup True']);
  assert.equal(await physical('FrontendGroup'), 'todo-Frontend-fleet');
  assert.ok(!(await region.get('groups')).some((g) => g.autoScalingGroupName === before));
  assert.equal((await running('Frontend')).length, 3);
  const ends = (await statuses()).slice(-3);
  assert.deepEqual(ends, ['UPDATE_IN_PROGRESS', 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', 'UPDATE_COMPLETE']);
});

test('a target group of another name takes the place of the old one', async () => {
  const before = await physical('FrontendTargetGroup');
  await update(edited(['      Protocol: HTTP\n      Port: 8080', '      Name: todo-frontends\n      Protocol: HTTP\n      Port: 8080']),
    ['Modify FrontendTargetGroup True', 'Modify FrontendListener False', 'Modify FrontendGroup False']);
  assert.deepEqual((await region.get('target-groups')).filter((g) => g.targetGroupArn === before), []);
  assert.match(await physical('FrontendTargetGroup'), /targetgroup\/todo-frontends\//);
});

test('what the template no longer has goes, what is new in it comes', async () => {
  const zone = present.indexOf('  SubnetBRoutes:');
  const end = present.indexOf('  # Who may talk to whom');
  const text = present.slice(0, zone) + `  ApiRecord:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: !Ref HostedZone
      Name: !Sub api.\${DomainName}
      Type: A
      AliasTarget:
        DNSName: !GetAtt FrontendLoadBalancer.DNSName
        HostedZoneId: !GetAtt FrontendLoadBalancer.CanonicalHostedZoneID

` + present.slice(end);
  await update(text, ['Add ApiRecord False', 'Remove SubnetBRoutes False']);
  assert.equal(await physical('SubnetBRoutes'), undefined);
  assert.equal((await region.request('GET', '/', { host: 'api.todo.localhost' })).status, 200);
});

test('an update that fails is taken back whole, and nobody notices', async () => {
  const state = async () => ({
    resources: (await region.get('resources')).map((r) => `${r.logicalId} ${r.physicalId}`).sort(),
    instances: [...await running('Frontend'), ...await running('Backend')],
    targets: (await region.get('target-groups')).map((g) => g.targetGroupArn).sort(),
  });
  const before = await state();
  const file = write(edited(['exec todo-backend', 'exit 3\n            exec todo-backend'], ['HealthCheckPath: /healthz', 'HealthCheckPath: /'],
    ['  # Who may talk to whom', '  Extra:\n    Type: AWS::EC2::SecurityGroup\n    Properties: {GroupDescription: extra, VpcId: !Ref Vpc}\n\n  # Who may talk to whom']));
  assert.deepEqual((await plan(file)).sort(), ['Add Extra False', 'Modify BackendGroup False', 'Modify BackendLaunchTemplate False',
    'Modify FrontendTargetGroup False']);
  const load = await TodoLoad.start(region, CLIENTS);
  const { code, err } = await region.up([file, '--name', 'todo']);
  const { failures, lost } = await load.stop();
  assert.equal(code, 1);
  assert.match(err, /stack todo could not be updated: BackendGroup .*launches in a row came to nothing: .*exited with status 3.*; it is as it was before/);
  assert.deepEqual(failures.filter((f) => f.method !== 'POST'), []);
  assert.deepEqual(lost, []);
  assert.deepEqual(await state(), before);
  assert.deepEqual((await statuses()).slice(-4),
    ['UPDATE_IN_PROGRESS', 'UPDATE_ROLLBACK_IN_PROGRESS', 'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS', 'UPDATE_ROLLBACK_COMPLETE']);
  assert.equal((await region.run(['plan', write(present), '--name', 'todo'])).code, 0);
});

test('what is refused changes nothing', async () => {
  const before = (await region.get('events')).length;
  const { code, err } = await region.up([write(edited(['10.0.2.0/24', '10.9.2.0/24'])), '--name', 'todo']);
  assert.equal(code, 2);
  assert.match(err, /template\.yaml:\d+:\d+: /);
  assert.equal((await region.get('events')).length, before);
});

test('down leaves nothing', async () => {
  rmSync(scratch, { recursive: true });
  await region.ok(['down', '--data']);
  assert.deepEqual(region.processes(), []);
});

await runAll('e2e_update', () => region.end(), Region.killAll);
