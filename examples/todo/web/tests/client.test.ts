import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiClient, type ApiOptions } from '../src/api/client';
import { ApiError } from '../src/api/error';

type Reply = Response | Error | 'never';

interface Sent {
  path: string;
  init: RequestInit;
}

// Answers with each of `replies` in turn, and keeps what it was sent.
function fakeFetch(replies: Reply[]): { fetch: ApiOptions['fetch']; sent: Sent[] } {
  const sent: Sent[] = [];
  const fetch: ApiOptions['fetch'] = (path, init = {}) => {
    sent.push({ path: path as string, init });
    const reply = replies.shift() ?? new Error('more requests than replies');
    if (reply === 'never') {
      return new Promise((_, reject) => init.signal?.addEventListener('abort', () => reject(new Error('aborted'))));
    }
    return reply instanceof Error ? Promise.reject(reply) : Promise.resolve(reply);
  };
  return { fetch, sent };
}

function json(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers });
}

function refusal(status: number, code: string, headers: Record<string, string> = {}): Response {
  return json(status, { error: { code, message: 'why' } }, headers);
}

function noContent(): Response {
  return new Response(null, { status: 204 });
}

const TODO = { id: 'a1', title: 'tea', done: false };
const unexpected = (): never => {
  throw new Error('signed out');
};

function signedIn(replies: Reply[], onSignedOut: () => void = unexpected) {
  const { fetch, sent } = fakeFetch(replies);
  return { api: new ApiClient({ fetch, random: () => 1 }).withToken('tok', onSignedOut), sent };
}

async function failureOf(promise: Promise<unknown>): Promise<ApiError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ApiError);
  return error as ApiError;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('what is sent', () => {
  it('signs up with a JSON body and no token', async () => {
    const { fetch, sent } = fakeFetch([json(201, { token: 't' })]);
    expect(await new ApiClient({ fetch }).signUp('mina', 'secret')).toBe('t');
    expect(sent[0]?.path).toBe('/auth/signup');
    expect(sent[0]?.init).toMatchObject({
      method: 'POST',
      body: '{"username":"mina","password":"secret"}',
      headers: { 'content-type': 'application/json' },
      credentials: 'omit',
    });
    expect(sent[0]?.init.headers).not.toHaveProperty('authorization');
  });

  it('lists with the token and the page', async () => {
    const { api, sent } = signedIn([json(200, { data: [TODO], nextPageToken: 'x/=' })]);
    expect(await api.list('a&b')).toEqual({ todos: [TODO], nextPageToken: 'x/=' });
    expect(sent[0]?.path).toBe('/todo?pageSize=50&pageToken=a%26b');
    expect(sent[0]?.init.headers).toMatchObject({ authorization: 'Bearer tok' });
  });

  it('escapes the id', async () => {
    const { api, sent } = signedIn([noContent()]);
    await api.remove('a/../b');
    expect(sent[0]?.path).toBe('/todo/a%2F..%2Fb');
    expect(sent[0]?.init.method).toBe('DELETE');
  });

  it('changes only what is named', async () => {
    const { api, sent } = signedIn([json(200, { ...TODO, done: true })]);
    expect(await api.change('a1', { done: true })).toEqual({ ...TODO, done: true });
    expect(sent[0]?.init.body).toBe('{"done":true}');
  });
});

describe('what comes back', () => {
  it('tells of the instance, of failures too', async () => {
    const seen: string[] = [];
    const { fetch } = fakeFetch([
      json(200, { token: 't' }, { 'x-instance-id': 'i-1' }),
      refusal(401, 'UNAUTHENTICATED', { 'x-instance-id': 'i-2' }),
    ]);
    const client = new ApiClient({ fetch, onInstance: (id) => seen.push(id) });
    await client.signIn('a', 'b');
    await failureOf(client.signIn('a', 'b'));
    expect(seen).toEqual(['i-1', 'i-2']);
  });

  it('fails with the code of the server', async () => {
    const { api } = signedIn([refusal(409, 'FAILED_PRECONDITION')]);
    const error = await failureOf(api.add('tea'));
    expect(error).toMatchObject({ code: 'FAILED_PRECONDITION', status: 409, message: 'why', outcomeUnknown: false });
  });

  it('makes a code of a page that is not the API\'s', async () => {
    const { api } = signedIn([new Response('<h1>502</h1>', { status: 502 })]);
    expect(await failureOf(api.add('tea'))).toMatchObject({ code: 'UNKNOWN', status: 502, outcomeUnknown: true });
  });

  it.each([[null], [{}], [{ data: 3 }], [{ data: [{ id: 1 }] }], [{ data: [null] }]])(
    'refuses the list %j',
    async (body) => {
      const { api } = signedIn([json(200, body)]);
      expect((await failureOf(api.list(''))).code).toBe('BAD_ANSWER');
    },
  );

  it('refuses what is not JSON', async () => {
    const { api } = signedIn([new Response('hello')]);
    expect((await failureOf(api.list(''))).code).toBe('BAD_ANSWER');
  });

  it('tells once that the session is over, and does not repeat', async () => {
    const over = vi.fn();
    const { api, sent } = signedIn([refusal(401, 'UNAUTHENTICATED')], over);
    expect((await failureOf(api.list(''))).code).toBe('UNAUTHENTICATED');
    expect(over).toHaveBeenCalledTimes(1);
    expect(sent).toHaveLength(1);
  });

  it('takes a wrong password for a failure, not for the end of a session', async () => {
    const { fetch } = fakeFetch([refusal(401, 'UNAUTHENTICATED')]);
    expect((await failureOf(new ApiClient({ fetch }).signIn('a', 'b'))).status).toBe(401);
  });
});

describe('repeating', () => {
  it('goes on after a lost connection and a server that is away', async () => {
    const { api, sent } = signedIn([new Error('lost'), refusal(503, 'UNAVAILABLE'), json(200, TODO)]);
    const done = api.change('a1', { done: false });
    await vi.advanceTimersByTimeAsync(299);
    expect(sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(sent).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(600);
    expect(await done).toEqual(TODO);
  });

  it('waits as long as the server asks, within bounds', async () => {
    const { api, sent } = signedIn([
      refusal(503, 'UNAVAILABLE', { 'retry-after': '1' }),
      refusal(503, 'UNAVAILABLE', { 'retry-after': '9999' }),
      json(200, { data: [] }),
    ]);
    const done = api.list('');
    await vi.advanceTimersByTimeAsync(999);
    expect(sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(sent).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await done).toEqual({ todos: [], nextPageToken: '' });
  });

  it('ends after three attempts', async () => {
    const { api, sent } = signedIn([new Error('1'), new Error('2'), new Error('3')]);
    const failed = failureOf(api.list(''));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await failed).toMatchObject({ code: 'NETWORK', status: 0 });
    expect(sent).toHaveLength(3);
  });

  it('never adds twice', async () => {
    const { api, sent } = signedIn([new Error('lost')]);
    const failed = failureOf(api.add('tea'));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await failed).toMatchObject({ code: 'NETWORK', outcomeUnknown: true });
    expect(sent).toHaveLength(1);
  });

  it('does not repeat what the server refused', async () => {
    const { api, sent } = signedIn([refusal(400, 'INVALID_ARGUMENT')]);
    await failureOf(api.change('a1', { title: '' }));
    expect(sent).toHaveLength(1);
  });

  it('takes a todo that is gone for deleted', async () => {
    const { api, sent } = signedIn([refusal(504, 'DEADLINE_EXCEEDED'), refusal(404, 'NOT_FOUND')]);
    const done = api.remove('a1');
    await vi.advanceTimersByTimeAsync(300);
    await expect(done).resolves.toBeUndefined();
    expect(sent).toHaveLength(2);
  });

  it('gives up on a server that does not answer', async () => {
    const { api } = signedIn(['never']);
    const failed = failureOf(api.add('tea'));
    await vi.advanceTimersByTimeAsync(15_000);
    expect((await failed).code).toBe('TIMEOUT');
  });
});
