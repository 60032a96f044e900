// Load on the todo API: many clients, each on a connection of its own, each repeating nothing that failed.
import http from 'node:http';

const TITLE = 'a todo of client ';

// What every client does by turns: mostly reading, as people do.
const MIX = ['GET', 'POST', 'GET', 'PUT', 'GET', 'GET', 'DELETE'];

export class Load {
  // `tokens`: of users who are signed in; clients share them.
  constructor(region, tokens, clients) {
    this.region = region;
    this.tokens = tokens;
    this.clients = clients;
    this.failures = [];
    this.counts = {};
    // What the server has acknowledged, by todo id: {title, done} or 'deleted'.
    this.acknowledged = new Map();
    // Changes whose outcome nobody knows: their todos prove nothing.
    this.unknown = new Set();
    this.running = false;
    this.inFlight = 0;
    this.inFlightMax = 0;
  }

  start() {
    this.running = true;
    this.done = Promise.all(Array.from({ length: this.clients }, (_, number) => this.client(number)));
  }

  async stop() {
    this.running = false;
    await this.done;
  }

  async client(number) {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const token = this.tokens[number % this.tokens.length];
    const own = [];
    for (let turn = number; this.running; ++turn) {
      const method = MIX[turn % MIX.length];
      await this.one(agent, token, own, number, method);
    }
    agent.destroy();
  }

  async one(agent, token, own, number, wanted) {
    const method = own.length === 0 && wanted !== 'GET' ? 'POST' : wanted;
    const id = own[own.length - 1];
    const call = {
      GET: ['/todo?pageSize=20'],
      POST: ['/todo', { title: TITLE + number }],
      PUT: [`/todo/${id}`, { done: true, title: `${TITLE}${number}, done` }],
      DELETE: [`/todo/${id}`],
    }[method];
    const start = Date.now();
    this.inFlightMax = Math.max(this.inFlightMax, ++this.inFlight);
    let status = 0;
    let answer;
    try {
      answer = await this.region.request(method, call[0], { token, body: call[1], agent });
      status = answer.status;
    } catch (error) {
      answer = { text: String(error) };
    }
    --this.inFlight;
    this.counts[`${method} ${status}`] = (this.counts[`${method} ${status}`] ?? 0) + 1;
    if (status < 200 || status >= 300) {
      this.failures.push({ method, status, start, end: Date.now(), text: answer.text.slice(0, 200) });
      if (method === 'PUT' || method === 'DELETE') this.unknown.add(id);
      return;
    }
    if (method === 'POST') {
      own.push(answer.json.id);
      this.acknowledged.set(answer.json.id, { title: call[1].title, done: false, token });
    }
    if (method === 'PUT') this.acknowledged.set(id, { ...call[1], token });
    if (method === 'DELETE') {
      own.pop();
      this.acknowledged.set(id, 'deleted');
    }
  }

  // Acknowledged writes that are not there any more.
  async lost() {
    const present = new Map();
    for (const token of this.tokens) {
      let page = '';
      do {
        const { json } = await this.region.request('GET', `/todo?pageSize=200&pageToken=${page}`, { token });
        for (const todo of json.data) present.set(todo.id, todo);
        page = json.nextPageToken;
      } while (page);
    }
    const lost = [];
    for (const [id, wanted] of this.acknowledged) {
      if (this.unknown.has(id)) continue;
      const found = present.get(id);
      if (wanted === 'deleted' ? found : !found || found.title !== wanted.title || found.done !== wanted.done) {
        lost.push({ id, wanted, found });
      }
    }
    return lost;
  }
}
