// The JSON API, typed.
//
// Every failure is an ApiError. Calls that can be repeated (all but adding, signing up and signing in) are repeated a
// few times by themselves when no server answered or one said that it could not; the others are sent once. Whatever
// can vary (network, randomness) comes in through the constructor.
//
//   const api = new ApiClient({ fetch: window.fetch.bind(window), onInstance: show });
//   const token = await api.signIn('mina', 'a long password');
//   const page = await api.withToken(token, signedOut).list('');
import { ApiError, BAD_ANSWER, NETWORK, TIMEOUT, codeOfStatus } from './error';

export interface Todo {
  id: string;
  title: string;
  done: boolean;
}

export interface TodoPage {
  todos: Todo[];
  // Empty on the last page.
  nextPageToken: string;
}

export interface TodoChange {
  title?: string;
  done?: boolean;
}

// What a signed-in user may ask for.
export interface TodoApi {
  list(pageToken: string): Promise<TodoPage>;
  add(title: string): Promise<Todo>;
  change(id: string, change: TodoChange): Promise<Todo>;
  remove(id: string): Promise<void>;
}

export interface ApiOptions {
  fetch: typeof fetch;
  // Told of the instance that gave each answer.
  onInstance?: (id: string) => void;
  // From [0, 1): spreads the pauses between attempts.
  random?: () => number;
}

const PAGE_SIZE = 50;
const ATTEMPT_TIMEOUT_MS = 15_000;
const ATTEMPTS_MAX = 3;
const FIRST_PAUSE_MS = 300;
const PAUSE_MAX_MS = 3_000;
const REPEATABLE_STATUSES = new Set([0, 502, 503, 504]);
const INSTANCE_HEADER = 'x-instance-id';

interface Call {
  method: string;
  path: string;
  token?: string;
  body?: unknown;
  // Doing it twice is doing it once.
  repeatable?: boolean;
}

export class ApiClient {
  constructor(private readonly options: ApiOptions) {}

  async signUp(username: string, password: string): Promise<string> {
    return parseToken(await this.send({ method: 'POST', path: '/auth/signup', body: { username, password } }));
  }

  async signIn(username: string, password: string): Promise<string> {
    return parseToken(await this.send({ method: 'POST', path: '/auth/signin', body: { username, password } }));
  }

  async signOut(token: string): Promise<void> {
    await this.send({ method: 'POST', path: '/auth/signout', token, repeatable: true });
  }

  // `onSignedOut` is told when the server no longer knows the token; the call fails all the same.
  withToken(token: string, onSignedOut: () => void): TodoApi {
    const send = async (call: Call): Promise<unknown> => {
      try {
        return await this.send({ ...call, token });
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) onSignedOut();
        throw error;
      }
    };
    return {
      list: async (pageToken) => {
        const query = new URLSearchParams({ pageSize: String(PAGE_SIZE) });
        if (pageToken !== '') query.set('pageToken', pageToken);
        return parsePage(await send({ method: 'GET', path: `/todo?${query}`, repeatable: true }));
      },
      add: async (title) => parseTodo(await send({ method: 'POST', path: '/todo', body: { title } })),
      change: async (id, change) =>
        parseTodo(await send({ method: 'PUT', path: todoPath(id), body: change, repeatable: true })),
      remove: async (id) => {
        try {
          await send({ method: 'DELETE', path: todoPath(id), repeatable: true });
        } catch (error) {
          // It is gone, which is what was asked for: an earlier attempt or another tab did it.
          if (!(error instanceof ApiError) || error.code !== 'NOT_FOUND') throw error;
        }
      },
    };
  }

  private async send(call: Call): Promise<unknown> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.attempt(call);
      } catch (error) {
        const again =
          error instanceof ApiError &&
          call.repeatable === true &&
          REPEATABLE_STATUSES.has(error.status) &&
          attempt < ATTEMPTS_MAX;
        if (!again) throw error;
        await pause(this.pauseMs(attempt, error.retryAfterMs));
      }
    }
  }

  // Doubling, with half of it random, so that pages which failed together do not come back together.
  private pauseMs(attempt: number, retryAfterMs: number): number {
    const random = this.options.random ?? Math.random;
    const full = FIRST_PAUSE_MS * 2 ** (attempt - 1);
    return Math.min(PAUSE_MAX_MS, Math.max(retryAfterMs, full * (0.5 + random() / 2)));
  }

  private async attempt(call: Call): Promise<unknown> {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), ATTEMPT_TIMEOUT_MS);
    try {
      const response = await this.options.fetch(call.path, requestInit(call, abort.signal));
      const instance = response.headers.get(INSTANCE_HEADER);
      if (instance) this.options.onInstance?.(instance);
      const text = await response.text();
      if (!response.ok) throw failureOf(response, text);
      return text === '' ? undefined : parseJson(response.status, text);
    } catch (error) {
      if (error instanceof ApiError) throw error;
      if (abort.signal.aborted) throw new ApiError(TIMEOUT, 0, 'the server did not answer in time');
      throw new ApiError(NETWORK, 0, 'the server could not be reached');
    } finally {
      clearTimeout(timer);
    }
  }
}

function todoPath(id: string): string {
  return `/todo/${encodeURIComponent(id)}`;
}

function requestInit(call: Call, signal: AbortSignal): RequestInit {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (call.token !== undefined) headers['authorization'] = `Bearer ${call.token}`;
  const init: RequestInit = { method: call.method, headers, signal, cache: 'no-store', credentials: 'omit' };
  if (call.body !== undefined) {
    headers['content-type'] = 'application/json';
    init.body = JSON.stringify(call.body);
  }
  return init;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function failureOf(response: Response, text: string): ApiError {
  const seconds = Number(response.headers.get('retry-after') ?? 0);
  const retryAfterMs = Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 0;
  let error: unknown;
  try {
    error = (JSON.parse(text) as { error?: unknown } | null)?.error;
  } catch {
    // Not the API's own answer; the status has to do.
  }
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return new ApiError(
    typeof code === 'string' && code !== '' ? code : codeOfStatus(response.status),
    response.status,
    typeof message === 'string' ? message : `the server answered ${response.status}`,
    retryAfterMs,
  );
}

function parseJson(status: number, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError(BAD_ANSWER, status, 'the answer is not JSON');
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function parseToken(value: unknown): string {
  if (isObject(value) && typeof value['token'] === 'string' && value['token'] !== '') return value['token'];
  throw new ApiError(BAD_ANSWER, 200, 'the answer holds no token');
}

function parseTodo(value: unknown): Todo {
  if (isObject(value)) {
    const { id, title, done } = value;
    if (typeof id === 'string' && typeof title === 'string' && typeof done === 'boolean') return { id, title, done };
  }
  throw new ApiError(BAD_ANSWER, 200, 'the answer is not a todo');
}

function parsePage(value: unknown): TodoPage {
  if (isObject(value) && Array.isArray(value['data'])) {
    const token = value['nextPageToken'];
    return { todos: value['data'].map(parseTodo), nextPageToken: typeof token === 'string' ? token : '' };
  }
  throw new ApiError(BAD_ANSWER, 200, 'the answer is not a page of todos');
}
