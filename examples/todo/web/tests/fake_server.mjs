// A stand-in for the whole region: the page, and its API in memory, as several instances that take turns.
//
//   node tests/fake_server.mjs [--dist DIR] [--host 127.0.0.1] [--port 4180]
//
// Prints its URL on one line when it serves. For developing the page and for testing its browser script; it keeps
// passwords as they are and forgets everything when it ends.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const INSTANCES = ['i-0a17c4e2b90d3f581', 'i-04be91f7d26a8c03e'];
const BODY_BYTES_MAX = 64 * 1024;
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
  "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

class Refusal extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const users = new Map();
const sessions = new Map();

const invalid = (message) => new Refusal(400, 'INVALID_ARGUMENT', message);

function newSession(user) {
  const token = randomBytes(24).toString('base64url');
  sessions.set(token, user);
  return { token };
}

function signUp({ username, password }) {
  if (typeof username !== 'string' || !/^\S{1,64}$/u.test(username)) throw invalid('bad user name');
  const bytes = Buffer.byteLength(String(password));
  if (bytes < 8 || bytes > 256) throw invalid('bad password');
  const key = username.toLowerCase();
  if (users.has(key)) throw new Refusal(409, 'ALREADY_EXISTS', 'the user name is taken');
  const user = { password, todos: [] };
  users.set(key, user);
  return newSession(user);
}

function signIn({ username, password }) {
  const user = users.get(String(username).toLowerCase());
  if (!user || user.password !== password) {
    throw new Refusal(401, 'UNAUTHENTICATED', 'wrong user name or password');
  }
  return newSession(user);
}

function tokenOf(request) {
  return (request.headers.authorization ?? '').replace(/^Bearer /, '');
}

function userOf(request) {
  const user = sessions.get(tokenOf(request));
  if (!user) throw new Refusal(401, 'UNAUTHENTICATED', 'sign in again');
  return user;
}

function checkTitle(title) {
  if (typeof title !== 'string' || title.trim() === '' || [...title].length > 500) throw invalid('bad title');
  return title;
}

function list(user, query) {
  const size = Number(query.get('pageSize') ?? 50);
  const from = Number(query.get('pageToken') ?? 0);
  if (!(size >= 1 && size <= 200) || !(from >= 0)) throw invalid('bad page');
  const end = from + size;
  return { data: user.todos.slice(from, end), nextPageToken: end < user.todos.length ? String(end) : '' };
}

function add(user, { title }) {
  const todo = { id: randomBytes(16).toString('hex'), title: checkTitle(title), done: false };
  user.todos.push(todo);
  return todo;
}

function find(user, id) {
  const todo = user.todos.find((other) => other.id === id);
  if (!todo) throw new Refusal(404, 'NOT_FOUND', 'no such todo');
  return todo;
}

function change(user, id, { title, done }) {
  const todo = find(user, id);
  if (title !== undefined) todo.title = checkTitle(title);
  if (done !== undefined) todo.done = done === true;
  return todo;
}

function remove(user, id) {
  user.todos.splice(user.todos.indexOf(find(user, id)), 1);
}

async function bodyOf(request) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new Refusal(413, 'PAYLOAD_TOO_LARGE', 'too large');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString() || '{}') ?? {};
  } catch {
    throw invalid('not JSON');
  }
}

// [status, body] of a call of the API; null: the path is not the API's.
async function callApi(request, url) {
  const [, top, rest] = url.pathname.split('/');
  const route = `${request.method} /${top}`;
  if (top === 'auth') {
    const body = await bodyOf(request);
    if (rest === 'signup') return [201, signUp(body)];
    if (rest === 'signin') return [200, signIn(body)];
    if (rest === 'signout') return [204, void sessions.delete(tokenOf(request))];
  }
  if (top !== 'todo') return null;
  const user = userOf(request);
  if (rest) {
    if (route === 'PUT /todo') return [200, change(user, rest, await bodyOf(request))];
    if (route === 'DELETE /todo') return [204, void remove(user, rest)];
  } else {
    if (route === 'GET /todo') return [200, list(user, url.searchParams)];
    if (route === 'POST /todo') return [201, add(user, await bodyOf(request))];
  }
  throw new Refusal(405, 'METHOD_NOT_ALLOWED', 'no such method here');
}

async function sendFile(response, dist, path) {
  const name = normalize(path === '/' ? '/index.html' : path);
  try {
    const body = await readFile(join(dist, name));
    response.writeHead(200, { 'content-type': TYPES[extname(name)] ?? 'application/octet-stream' }).end(body);
  } catch {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('there is no such file\n');
  }
}

async function answer(request, response, dist) {
  const url = new URL(request.url, 'http://fake');
  response.setHeader('content-security-policy', POLICY);
  response.setHeader('x-instance-id', INSTANCES[Math.floor(Math.random() * INSTANCES.length)]);
  try {
    const called = await callApi(request, url);
    if (!called) return await sendFile(response, dist, url.pathname);
    const [status, body] = called;
    response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(body === undefined ? undefined : JSON.stringify(body));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    response.writeHead(error.status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(JSON.stringify({ error: { code: error.code, message: error.message } }));
  }
}

const { values } = parseArgs({
  options: {
    dist: { type: 'string', default: 'dist' },
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '4180' },
  },
});
const dist = resolve(values.dist);
const server = createServer((request, response) => void answer(request, response, dist));
server.listen(Number(values.port), values.host, () => {
  console.log(`http://${values.host}:${server.address().port}/`);
});
