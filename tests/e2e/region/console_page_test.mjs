// The console's page alone, before an API made for the test: what a running region rarely shows. Many instances, a console
// that ends and comes back, wrong tokens, the keyboard, light and dark.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';

import { launch } from '../browser/browser.mjs';
import { root, until } from './region.mjs';
import { runAll, test } from './runner.mjs';

const TOKEN = '0123456789abcdef0123456789abcdef';
const dist = `${root}/lib/nubo/console/web/dist`;
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

// A group of `count` instances in two zones, behind one load balancer, with a name; a database that they were told of, and one
// of nobody's; and an internal load balancer, whose name's edge crosses the group's frame.
function architecture(count) {
  const id = (at) => `i-${String(at).padStart(17, '0')}`;
  const zone = (at) => (at % 2 ? 'us-east-1b' : 'us-east-1a');
  const owner = (logicalId) => ({ stackName: 'todo', logicalId });
  const all = Array.from({ length: count }, (_, at) => at);
  return {
    stacks: { stacks: [{ stackName: 'todo', stackStatus: 'CREATE_COMPLETE', ready: true }] },
    instances: { instances: all.map((at) => ({ instanceId: id(at), state: 'running', privateIpAddress: `10.0.1.${at}`, loopbackAddress: `127.1.1.${at}`,
      availabilityZone: zone(at), subnetId: `subnet-${at % 2}`, pid: 100 + at, autoScalingGroupName: 'web', healthStatus: 'Healthy', ...owner('Web') })) },
    groups: { groups: [{ autoScalingGroupName: 'web', minSize: 1, maxSize: 60, desiredCapacity: count, targetGroupArns: ['tg'], statusReason: '', ...owner('Web'),
      instances: all.map((at) => ({ instanceId: id(at), lifecycleState: 'InService' })) }] },
    loadBalancers: { loadBalancers: [{ loadBalancerArn: 'arn:lb', loadBalancerName: 'lb', dnsName: 'lb.elb.amazonaws.com', scheme: 'internet-facing', state: 'active', ...owner('Lb') },
      { loadBalancerArn: 'arn:inner', loadBalancerName: 'inner', dnsName: 'inner.elb.amazonaws.com', scheme: 'internal', state: 'active', ...owner('Inner') }] },
    targetGroups: { targetGroups: [{ targetGroupArn: 'tg', targetGroupName: 'tg', loadBalancerArns: ['arn:lb'] }] },
    targets: { targets: all.map((at) => ({ targetGroupArn: 'tg', targetId: id(at), state: at === 3 ? 'unhealthy' : 'healthy', reason: '', requestsInFlight: 0,
      requests: String(api.requests), errors: '0', latencyUs: '2500' })) },
    records: { records: [{ name: 'app.example.', type: 'A', resourceRecords: [], aliasTarget: { dnsName: 'LB.elb.amazonaws.com.' }, ...owner('Name') },
      { name: 'inner.example.', type: 'A', resourceRecords: [], aliasTarget: { dnsName: 'inner.elb.amazonaws.com' }, ...owner('InnerName') },
      { name: 'lb.elb.amazonaws.com', type: 'A', resourceRecords: ['127.0.0.1'], stackName: '', logicalId: '' }] },
    subnets: { subnets: [0, 1].map((at) => ({ subnetId: `subnet-${at}`, cidrBlock: `10.0.${at}.0/24`, availabilityZone: zone(at), ...owner(`Subnet${at}`) })) },
    databases: { databases: [['used', all.map(id)], ['idle', []]].map(([name, namedBy]) => (
      { dbInstanceIdentifier: name, engine: 'mysql', dbInstanceStatus: 'available', namedBy, ...owner(`Db${name}`) })) },
    events: { events: [] },
  };
}

const api = {
  count: 50,
  requests: 0,
  problem: '',
  // Streams are opened, and nothing is sent.
  silent: false,
  // What is answered instead of 200, by the call's first word.
  broken: {},
  asked: [],
  streams: new Set(),
  event() {
    this.requests += 10;
    if (this.count < 0) return `data: ${JSON.stringify(Object.fromEntries(Object.entries(architecture(0)).map(([key]) => [key, { [key]: [] }])))}\n\n`;
    return this.problem ? `event: problem\ndata: ${JSON.stringify({ message: this.problem })}\n\n` : `data: ${JSON.stringify(architecture(this.count))}\n\n`;
  },
};

const server = http.createServer((request, response) => {
  const { pathname } = new URL(request.url, 'http://x');
  if (!pathname.startsWith('/api/')) {
    const file = pathname === '/' ? '/index.html' : pathname;
    response.setHeader('content-type', types[path.extname(file)] ?? 'application/octet-stream');
    response.end(readFileSync(dist + file));
    return;
  }
  const say = (status, body) => { response.writeHead(status, { 'content-type': 'application/json' }); response.end(JSON.stringify(body)); };
  if (request.headers.authorization !== `Bearer ${TOKEN}`) return say(401, { error: { message: 'open the address that was printed' } });
  const [, , verb, ...rest] = pathname.split('/');
  if (verb === 'stream') {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    // In two pieces, as a network may deliver it.
    response.flushHeaders();
    const send = () => { if (api.silent) return; const event = api.event(); response.write(event.slice(0, 20)); setTimeout(() => response.write(event.slice(20)), 5); };
    send();
    const timer = setInterval(send, 100);
    api.streams.add(response);
    response.on('close', () => { clearInterval(timer); api.streams.delete(response); });
    return undefined;
  }
  api.asked.push([verb, ...rest].join('/'));
  if (api.broken[verb]) return say(api.broken[verb], { error: { message: `${verb} is broken` } });
  if (verb === 'log') return response.end('a line of its log\n');
  if (verb === 'describe') return say(200, { id: rest.join('/'), type: 'AWS::A::Thing', status: 'CREATE_COMPLETE', attributes: { aKey: 'a value', none: '' }, properties: {}, events: [{ id: 1, time: '2026-01-01T10:20:30Z', status: 'DONE', message: 'it began' }] });
  return say(200, {});
});

let origin;
let browser;
let page;
const problems = [];
const count = (selector) => page.locator(selector).count();
const focused = () => page.evaluate(() => document.activeElement?.closest('.react-flow__node')?.getAttribute('data-id') ?? document.activeElement?.textContent);

async function opened(hash = `#token=${TOKEN}`) {
  await page.goto('about:blank');
  await page.goto(`${origin}/${hash}`);
}

test('the page asks with the token alone', async () => {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${server.address().port}`;
  browser = await launch();
  page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  page.on('pageerror', (error) => problems.push(error.message));
  await opened('#token=0000');
  await page.waitForSelector('[role=alert]:has-text("open the address that was printed")');
  await opened();
  await page.waitForSelector('.box.instance');
  assert.equal(page.url(), `${origin}/`);
  await page.reload();
  await page.waitForSelector('.box.instance');
});

test('until there is an answer it says what it waits for, for how long, and what is in its way', async () => {
  api.silent = true;
  await opened();
  await page.waitForSelector('.waiting:has-text("Waiting for the region to tell what runs")');
  await page.waitForSelector('.waiting:has-text("It has not answered for 3 s")', { timeout: 10_000 });
  api.silent = false;
  api.problem = 'no region is running';
  await page.waitForSelector('.waiting:has-text("It is asked again every second: no region is running")');
  api.problem = '';
  await page.waitForSelector('.waiting', { state: 'detached' });
  await page.waitForSelector('.box.instance');
});

test('a region without anything says so', async () => {
  const { count: former } = api;
  api.count = -1;
  await page.waitForSelector('.waiting:has-text("Nothing runs here yet")');
  api.count = former;
  await page.waitForSelector('.waiting', { state: 'detached' });
});

test('fifty instances stand beside each other, within their group and their zones', async () => {
  await until('all', async () => (await count('.box.instance')) === 50);
  assert.deepEqual([await count('.frame'), await count('.box.zone'), await count('.box.subnet'), await count('.box.name'), await count('.box.instance.bad')], [1, 2, 2, 2, 1]);
  const area = async (selector) => page.locator(selector).evaluateAll((all) => all.map((one) => { const r = one.getBoundingClientRect(); return { l: r.left, t: r.top, r: r.right, b: r.bottom }; }));
  // The drawing is moved into view once it has its shape.
  const [window_] = await area('.react-flow');
  const inside = (a, b) => a.l >= b.l - 1 && a.t >= b.t - 1 && a.r <= b.r + 1 && a.b <= b.b + 1;
  await until('all to be in view', async () => (await area('.box')).every((box) => inside(box, window_)));
  const boxes = await area('.box.instance');
  const [frame] = await area('.frame');
  const bands = await area('.band');
  for (const [at, one] of boxes.entries()) {
    assert.ok(inside(one, frame), `instance ${at} is within its group`);
    assert.equal(bands.filter((band) => inside(one, band)).length, 1, `instance ${at} is within one zone`);
    for (const other of boxes.slice(at + 1)) assert.ok(one.r <= other.l || other.r <= one.l || one.b <= other.t || other.b <= one.t, `instance ${at} stands alone`);
  }
});

test('a window of another size has all of it in view again', async () => {
  const inView = () => page.evaluate(() => {
    const all = [...document.querySelectorAll('.box')].map((one) => one.getBoundingClientRect());
    return all.every((box) => box.left >= 0 && box.right <= innerWidth && box.top >= 0 && box.bottom <= innerHeight);
  });
  for (const [width, height] of [[480, 800], [1400, 900]]) {
    await page.setViewportSize({ width, height });
    await until(`all at ${width} × ${height}`, inView);
  }
});

test('edges lie over frames and below boxes, and lead to the databases that are used', async () => {
  const edges = () => page.locator('.react-flow__edge').evaluateAll((all) => all.map((one) => one.getAttribute('data-id')).sort());
  await until('them', async () => (await edges()).length === 4);
  assert.deepEqual(await edges(), ['arn:lb web', 'name app.example. A to', 'name inner.example. A to', 'web db used']);
  const layers = (selector) => page.locator(selector).evaluateAll((all) => [...new Set(all.map((one) => Number(getComputedStyle(one).zIndex)))]);
  const [frames, lines, boxes] = [await layers('.react-flow__node-frame'), await layers('.react-flow__edges svg'), await layers('.react-flow__node-box')];
  assert.ok(Math.max(...frames) < Math.min(...lines) && Math.max(...lines) < Math.min(...boxes), JSON.stringify([frames, lines, boxes]));
});

test('the keyboard opens, walks the tabs and leads back', async () => {
  const id = 'i-00000000000000007';
  await page.locator(`.react-flow__node[data-id="${id}"]`).focus();
  await page.keyboard.press('Enter');
  await page.waitForSelector('aside dd:has-text("a value")');
  assert.equal(await focused(), 'Web');
  const chosen = () => page.locator('[role=tab][aria-selected=true]').textContent();
  await page.locator('#tab-about').focus();
  await page.keyboard.press('ArrowRight');
  assert.deepEqual([await chosen(), await focused()], ['events', 'events']);
  await page.waitForSelector('.events li:has-text("it began")');
  await page.keyboard.press('End');
  assert.deepEqual([await chosen(), await focused()], ['log', 'log']);
  await page.waitForSelector('pre:has-text("a line of its log")');
  await page.keyboard.press('ArrowRight');
  assert.equal(await chosen(), 'about');
  assert.equal(await page.locator('#tab-panel').getAttribute('aria-labelledby'), 'tab-about');
  await page.keyboard.press('Escape');
  await until('the panel to close', async () => (await count('aside')) === 0);
  assert.equal(await focused(), id);
  // A zone's band is no box; the name opens what the region calls it.
  await page.locator('.react-flow__node[data-id="name app.example. A"]').focus();
  await page.keyboard.press(' ');
  await until('its description', () => api.asked.includes('describe/todo/Name'));
  await page.keyboard.press('Escape');
});

test('nothing is killed without being asked twice, and what goes wrong is told', async () => {
  await page.locator('.box.instance').first().click();
  const kills = () => api.asked.filter((call) => call === 'kill').length;
  await page.locator('aside button:has-text("Kill")').click();
  await page.locator('aside button:has-text("No")').click();
  assert.equal(kills(), 0);
  api.broken = { kill: 409, describe: 404 };
  await page.locator('aside button:has-text("Kill")').click();
  await page.keyboard.press('Enter');
  await page.waitForSelector('[role=status]:has-text("kill is broken")');
  assert.equal(kills(), 1);
  await page.waitForSelector('aside .problem:has-text("describe is broken")', { timeout: 10_000 });
  assert.ok(!(await page.locator('aside').innerText()).includes('{'), 'no JSON is shown');
  api.broken = {};
  await page.waitForSelector('aside .problem', { state: 'detached', timeout: 10_000 });
});

test('charts follow light and dark', async () => {
  const ink = () => page.locator('aside figure > div').first().getAttribute('data-ink');
  await page.waitForSelector('aside figure canvas');
  const light = await ink();
  await page.emulateMedia({ colorScheme: 'dark' });
  await until('another ink', async () => (await ink()) !== light);
  assert.equal(await page.locator('aside figure canvas').count(), 2);
  assert.match(await page.locator('aside figure').first().getAttribute('aria-label'), /^Requests: \d+\.\d a second$/);
  await page.emulateMedia({ colorScheme: 'light' });
});

test('a region that is gone is told, and nothing more is asked of it', async () => {
  api.problem = 'no region is running';
  await page.waitForSelector('[role=alert]:has-text("no region is running")');
  // What was under way has arrived by then.
  await page.waitForTimeout(500);
  const asked = api.asked.length;
  await page.waitForTimeout(3500);
  assert.equal(api.asked.length, asked);
  api.problem = '';
  await page.waitForSelector('[role=alert]', { state: 'detached' });
});

test('a console that has ended is told, and the page goes on with it', async () => {
  const { port } = server.address();
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
  await page.waitForSelector('[role=alert]:has-text("is `nubo console` still running?")');
  await page.locator('aside button[aria-label="One fewer"]').click();
  await page.waitForSelector('[role=status]:has-text("the console does not answer")');
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  await page.waitForSelector('[role=alert]', { state: 'detached', timeout: 10_000 });
  assert.deepEqual(problems, []);
});

await runAll('e2e_console_page', async () => {
  await browser?.close();
  server.closeAllConnections();
  server.close();
});
