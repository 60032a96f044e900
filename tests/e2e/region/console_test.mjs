// The console in a browser: what runs is drawn, opened, killed, drained and scaled.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

import { launch } from '../browser/browser.mjs';
import { Region, root, until } from './region.mjs';
import { runAll, test } from './runner.mjs';
import { TodoLoad } from './todo_load.mjs';

const region = await Region.make();
let serving;
let url;
let browser;
let page;
const problems = [];

test('the console says where it is', async () => {
  assert.match((await region.run(['console'])).err, /no region is running/);
  assert.equal((await region.up()).code, 0);
  const elsewhere = await region.run(['console', '--address', '0.0.0.0:10080']);
  assert.equal(elsewhere.code, 2);
  assert.match(elsewhere.err, /listens on this machine alone/);
  serving = spawn(`${root}/bazel-bin/lib/nubo/cli/nubo`, ['console', '--state', region.state, '--page', `${root}/lib/nubo/console/web/dist`],
    { stdio: ['ignore', 'pipe', 'inherit'] });
  url = await new Promise((resolve) => createInterface({ input: serving.stdout }).once('line', resolve));
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/#token=[0-9a-f]{32}$/);
  const [origin, token] = url.split('/#token=');
  const ask = async (headers) => (await fetch(`${origin}/api/describe/todo`, { headers })).status;
  assert.deepEqual([await ask({}), await ask({ authorization: `Bearer ${token}` })], [401, 200]);
});

test('it draws names, load balancers, instances in their zones, and the database', async () => {
  browser = await launch();
  page = await browser.newPage({ viewport: { width: 1400, height: 800 } });
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  await page.goto(url);
  await page.waitForSelector('.box.instance');
  assert.equal(new URL(page.url()).hash, '', 'the token does not stay in the address');
  assert.deepEqual(await page.context().cookies(), [], 'no other port of this machine is told anything');
  const count = (selector) => page.locator(selector).count();
  const kinds = ['.box.name', '.box.balancer', '.frame', '.box.instance', '.box.database', '.box.zone', '.box.subnet'];
  assert.deepEqual(await Promise.all(kinds.map(count)), [1, 2, 2, 4, 1, 2, 2]);
  // From the name to its load balancer, from both of those to their groups, and from the backend to the database it was told of.
  const edges = () => page.locator('.react-flow__edge').evaluateAll((all) => all.map((one) => one.getAttribute('data-id')));
  await until('four edges', async () => (await edges()).length === 4);
  assert.ok((await edges()).some((id) => /BackendGroup.* db /.test(id)), (await edges()).join('; '));
  for (const text of ['app.todo.localhost', 'FrontendLoadBalancer', 'BackendLoadBalancer', 'us-east-1a', 'SubnetA', '10.0.1.0/24', '2 in service of 2 (2 to 4)']) {
    assert.ok(await count(`text=${text}`), text);
  }
});

test('requests a second and latency follow the load', async () => {
  const load = await TodoLoad.start(region, 20);
  await page.waitForFunction(() => {
    const text = [...document.querySelectorAll('.box.balancer small')].map((line) => line.textContent).join(' ');
    return /\d{2,} req\/s · [\d.]+ ms/.test(text);
  }, undefined, { timeout: 15_000 });
  await until('its charts', async () => {
    await page.locator('.box.balancer').first().click();
    return page.waitForSelector('aside figure canvas', { timeout: 2000 }).catch(() => null);
  });
  if (process.env.NUBO_CONSOLE_PICTURE) {
    await page.waitForTimeout(6000);
    await page.screenshot({ path: process.env.NUBO_CONSOLE_PICTURE });
  }
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('aside').count(), 0);
  assert.equal((await load.stop()).failed, 0);
});

const box = (id) => page.locator(`.box[data-id="${id}"]`);
// A drawing that is moving into view may slip away from under a click.
const open = (id) => until(`the panel of ${id}`, async () => {
  await box(id).click();
  return page.waitForSelector(`aside header p:has-text("${id}")`, { timeout: 2000 }).catch(() => null);
});

test('a box opens its description, its events and its log', async () => {
  const [instance] = await region.inService('Frontend');
  await open(instance.instanceId);
  await page.waitForSelector(`aside dd:has-text("${instance.privateIpAddress}")`);
  await page.locator('aside [role=tab]:has-text("events")').click();
  await page.waitForSelector('aside .events li:has-text("running")');
  await page.locator('aside [role=tab]:has-text("log")').click();
  await page.waitForSelector('aside pre:has-text("listening on")');
});

test('every kind of box tells what the region knows of it', async () => {
  const opened = [
    ['.box.name', 'AWS::Route53::RecordSet'], ['.box.balancer', 'AWS::ElasticLoadBalancingV2::LoadBalancer'],
    ['.frame', 'AWS::AutoScaling::AutoScalingGroup'], ['.box.database', 'AWS::RDS::DBInstance'],
    ['.box.subnet', 'AWS::EC2::Subnet'], ['.box.zone', 'Availability Zone'],
  ];
  for (const [selector, type] of opened) {
    // A frame is clicked where no instance covers it.
    await until(selector, async () => {
      await page.locator(selector).first().locator('strong').click();
      return page.waitForSelector(`aside header p:has-text("${type}")`, { timeout: 2000 }).catch(() => null);
    });
    assert.equal(await page.locator('aside .problem').count(), 0, selector);
    await page.waitForSelector('aside dd');
    await page.locator('aside [role=tab]:has-text("events")').click();
    await page.waitForSelector('aside .events li');
  }
});

test('an instance is killed from the page, and its successor appears', async () => {
  const [instance] = await region.inService('Frontend');
  await open(instance.instanceId);
  await page.locator('aside button:has-text("Kill")').click();
  await page.locator('aside button:has-text("No")').click();
  assert.equal((await region.inService('Frontend')).length, 2);
  await page.locator('aside button:has-text("Kill")').click();
  await page.locator('aside button:has-text("Yes, kill")').click();
  await box(instance.instanceId).waitFor({ state: 'detached' });
  await until('the successor', async () => (await page.locator('.box.instance.ok').count()) === 4);
});

test('an instance is drained from the page', async () => {
  const [instance] = await region.inService('Backend');
  await open(instance.instanceId);
  await page.locator('aside button:has-text("Drain")').click();
  await page.locator('aside button:has-text("Yes, drain")').click();
  await box(instance.instanceId).waitFor({ state: 'detached', timeout: 40_000 });
  await until('the successor', async () => (await page.locator('.box.instance.ok').count()) === 4);
}, { seconds: 90 });

test('a group is scaled from the page', async () => {
  await until('its panel', async () => {
    await page.locator('.frame strong:has-text("FrontendGroup")').click();
    return page.waitForSelector('aside [aria-label="Size of FrontendGroup"]', { timeout: 2000 }).catch(() => null);
  });
  await page.locator('aside button[aria-label="One more"]').click();
  await until('the third', async () => (await region.inService('Frontend')).length === 3);
  await until('its box', async () => (await page.locator('.box.instance.ok').count()) === 5);
  await page.locator('aside button[aria-label="One fewer"]').click();
  await until('two again', async () => (await region.inService('Frontend')).length === 2, { seconds: 40 });
}, { seconds: 90 });

test('it tells when the region is gone, and ends by Ctrl-C', async () => {
  // What an open panel asks of a region that is ending is answered 503, which the browser notes as well.
  assert.deepEqual(problems, []);
  await region.ok(['down', '--data']);
  await page.waitForSelector('[role=alert]:has-text("no region is running")');
  const ended = new Promise((resolve) => serving.on('exit', resolve));
  serving.kill('SIGINT');
  assert.equal(await ended, 0);
});

await runAll('e2e_console', async () => {
  await browser?.close();
  serving?.kill('SIGKILL');
  await region.end();
}, Region.killAll);
