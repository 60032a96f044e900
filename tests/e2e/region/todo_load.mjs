// Load by the program todo-load (tests/e2e/load): clients that repeat nothing, and know what was acknowledged.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

import { root } from './region.mjs';

const program = `${root}/bazel-bin/tests/e2e/load/todo-load`;

export class TodoLoad {
  // Resolves once each of the clients has had an answer.
  static async start(region, clients) {
    const load = new TodoLoad();
    // Signing up is slow by design; a small load does with few users.
    const users = clients < 1000 ? 5 : 20;
    load.process = spawn(program, ['--address', `127.0.0.1:${region.httpPort}`, '--clients', String(clients), '--users', String(users)],
      { stdio: ['pipe', 'pipe', 'pipe'] });
    load.said = '';
    load.process.stderr.on('data', (piece) => { load.said += piece; });
    load.ended = new Promise((resolve) => { load.process.on('close', resolve); });
    const running = new Promise((resolve) => {
      createInterface({ input: load.process.stdout }).on('line', (line) => {
        const event = JSON.parse(line);
        if (event.event === 'running') resolve(true);
        if (event.event === 'summary') load.summary = event;
      });
    });
    if (!(await Promise.race([running, load.ended.then(() => false)]))) throw new Error(`todo-load ended: ${load.said}`);
    return load;
  }

  // Lets every client finish, checks all that was acknowledged, and gives the summary of both.
  async stop() {
    this.process.stdin.end();
    const code = await this.ended;
    if (code !== 0 || !this.summary) throw new Error(`todo-load ended with ${code}: ${this.said}`);
    const { counts, requestsPerSecond, inFlightMax, todosWritten, failures, latencyMs } = this.summary;
    const parts = Object.entries(counts).map(([what, count]) => `${what}: ${count}`);
    console.log(`      ${parts.join(', ')}; at once: ${inFlightMax}; ${Math.round(requestsPerSecond)} a second; todos written: ${todosWritten}; ` +
      `GET p99 ${Math.round(latencyMs.GET.p99)} ms`);
    for (const failure of failures.slice(0, 5)) console.log(`      ${JSON.stringify(failure)}`);
    return this.summary;
  }
}
