// A region of the test's own, run as a user would: the real program, a temporary state directory, free ports.
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import http from 'node:http';
import path from 'node:path';

export const root = process.env.NUBO_ROOT;
if (!root || !existsSync(`${root}/.nubo/images/todo-backend`)) {
  console.error('NUBO_ROOT must name a checkout that ./nubo build has built; run these tests by: ./nubo test');
  process.exit(1);
}
export const program = `${root}/bazel-bin/lib/nubo/cli/nubo`;
export const template = `${root}/examples/todo/template.yaml`;
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Waits until `look` gives something; what it waits for is in the error.
export async function until(what, look, { seconds = 20, every = 20 } = {}) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited ${seconds} s for ${what}`);
    await sleep(every);
  }
}

// Whether a process, as processes() tells it, is what a shim starts when there is something to write, and which looks like it.
export function writesLog(line) {
  try {
    return readFileSync(`/proc/${parseInt(line, 10)}/comm`, 'utf8') === 'nubo-log\n';
  } catch {
    return false;
  }
}

// Below the ports that connections are given: none of those takes it before the region does; and never one twice.
const given = new Set();
export async function freePort() {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (given.has(port)) continue;
    given.add(port);
    const free = await new Promise((resolve) => {
      const server = createServer();
      server.on('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

export class Region {
  // Every one that this test has made.
  static all = [];

  static async make() {
    const region = new Region();
    region.state = mkdtempSync('/tmp/nubo-e2e-');
    Region.all.push(region);
    chmodSync(region.state, 0o711);
    region.httpPort = await freePort();
    region.dnsPort = await freePort();
    return region;
  }

  // Runs the program; gives {code, out, err}.
  run(args, options) {
    return this.raw([...args, '--state', this.state], options);
  }

  // As run(), with no option added.
  raw(args, { seconds = 60, images = true, env = {}, exe = program } = {}) {
    return new Promise((resolve) => {
      execFile(exe, args, {
        timeout: seconds * 1000,
        maxBuffer: 64 << 20,
        cwd: '/tmp',
        env: {
          ...process.env,
          NUBO_SHIM: `${root}/bazel-bin/lib/nubo/drivers/nubo-shim`,
          ...(images ? { NUBO_DEFAULT_IMAGES: `${root}/.nubo/images` } : {}),
          ...env,
        },
      }, (error, out, err) => resolve({ code: error ? error.code ?? -1 : 0, out, err }));
    });
  }

  // As run(), and the exit status has to be 0.
  async ok(args, options) {
    const result = await this.run(args, options);
    if (result.code !== 0) throw new Error(`nubo ${args.join(' ')} ended with ${result.code}: ${result.err}${result.out}`);
    return result.out;
  }

  up(args = [], options) {
    return this.run(['up', ...(args.length && args[0].endsWith('.yaml') ? args : [template, '--name', 'todo', ...args]),
      '--yes', '--http-address', `127.0.0.1:${this.httpPort}`, '--dns-address', `127.0.0.1:${this.dnsPort}`], options);
  }

  async get(kind) {
    const answer = JSON.parse(await this.ok(['get', kind, '-o', 'json']));
    return Object.values(answer)[0];
  }

  async inService(group) {
    return (await this.get('instances')).filter(
      (i) => i.lifecycleState === 'InService' && i.state === 'running' && i.autoScalingGroupName.includes(group));
  }

  // One request through the shared listener.
  request(method, pathname, { token, body, raw, headers = {}, agent, host = 'app.todo.localhost' } = {}) {
    const text = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    return new Promise((resolve, reject) => {
      const call = http.request({
        host: '127.0.0.1', port: this.httpPort, method, path: pathname, agent,
        headers: {
          host,
          ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
          ...(token ? { authorization: `Bearer ${token}` } : {}),
          ...headers,
        },
      }, (answer) => {
        const pieces = [];
        answer.on('data', (piece) => pieces.push(piece));
        answer.on('error', reject);
        answer.on('end', () => {
          const content = Buffer.concat(pieces).toString();
          let json;
          try { json = JSON.parse(content); } catch { /* not every answer is JSON */ }
          resolve({ status: answer.statusCode, headers: answer.headers, text: content, json });
        });
      });
      call.on('error', reject);
      if (text !== undefined) call.write(text);
      call.end();
    });
  }

  async signUp(username, password = 'correct horse battery') {
    const answer = await this.request('POST', '/auth/signup', { body: { username, password } });
    if (!answer.json?.token) throw new Error(`sign-up of ${username}: ${answer.status} ${answer.text}`);
    return answer.json.token;
  }

  // Processes that belong to this region, by what /proc says of them; the dead that nobody has buried do not count.
  processes() {
    const found = [];
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'latin1').replace(/\0/g, ' ');
        let here = '';
        try { here = readlinkSync(`/proc/${pid}/cwd`); } catch { /* not ours to see */ }
        if (line && (line.includes(this.state) || here.startsWith(this.state)) && Number(pid) !== process.pid) {
          found.push(`${pid} ${line}`);
        }
      } catch { /* it has just ended */ }
    }
    return found;
  }

  // Files below the state directory, data and logs left out.
  files() {
    const found = [];
    const walk = (directory) => {
      for (const entry of readdirSync(directory, { withFileTypes: true })) {
        const full = path.join(directory, entry.name);
        if (full === `${this.state}/data`) continue;
        if (entry.isDirectory()) walk(full);
        else found.push(full);
      }
    };
    if (existsSync(this.state)) walk(this.state);
    return found;
  }

  // What its control plane said last.
  lastWords() {
    try {
      return readFileSync(`${this.state}/log/nubo.log`, 'utf8').split('\n').slice(-20).join('\n');
    } catch {
      return '';
    }
  }

  // Ends whatever a test that failed, or was ended itself, has left running, by no means of the region's.
  static killAll() {
    for (const region of Region.all.filter(({ state }) => existsSync(state))) {
      // A control plane starts again what it sees ending, so it takes more than one round.
      for (let round = 0; round < 50; ++round) {
        const pids = region.processes().map((line) => parseInt(line, 10));
        if (pids.length === 0) break;
        for (const pid of pids) {
          try { process.kill(pid, 'SIGKILL'); } catch { /* it has just ended */ }
        }
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
      }
      rmSync(region.state, { recursive: true, force: true });
    }
  }

  // Takes everything down and throws if anything is left.
  async end() {
    const result = await this.run(['get', 'stacks', '-o', 'json']);
    const stacks = result.code === 0 ? JSON.parse(result.out).stacks : [{}];
    for (const stack of stacks) {
      const down = await this.run(['down', '--data', ...(stack.stackName ? ['--name', stack.stackName] : [])]);
      if (down.code !== 0) throw new Error(`down ended with ${down.code}: ${down.err}`);
    }
    const left = await until('every process to end', () => this.processes().length === 0 && ['none'], { seconds: 5 })
      .catch(() => this.processes());
    if (left[0] !== 'none') throw new Error(`processes are left:\n${left.join('\n')}`);
    if (this.files().length > 0) throw new Error(`files are left:\n${this.files().join('\n')}`);
    rmSync(this.state, { recursive: true, force: true });
  }
}
