import { describe, expect, it } from 'vitest';
import type { Todo, TodoApi, TodoChange, TodoPage } from '../src/api/client';
import { ApiError } from '../src/api/error';
import { TodoList, type TodoEvent, type TodoRow } from '../src/todos/todo_list';

interface Call {
  what: string;
  resolve: (value: never) => void;
  reject: (error: unknown) => void;
}

// An API whose answers the test gives, when it likes.
class ManualApi implements TodoApi {
  readonly calls: Call[] = [];

  list = (pageToken: string): Promise<TodoPage> => this.call(`list ${pageToken}`);
  add = (title: string): Promise<Todo> => this.call(`add ${title}`);
  change = (id: string, change: TodoChange): Promise<Todo> => this.call(`change ${id} ${JSON.stringify(change)}`);
  remove = (id: string): Promise<void> => this.call(`remove ${id}`);

  // Answers the oldest open call, and returns what it was.
  async answer(value: unknown): Promise<string> {
    const call = this.next();
    call.resolve(value as never);
    await settle();
    return call.what;
  }

  async refuse(code: string, status = 400): Promise<string> {
    const call = this.next();
    call.reject(new ApiError(code, status, ''));
    await settle();
    return call.what;
  }

  get open(): string[] {
    return this.calls.map((call) => call.what);
  }

  private next(): Call {
    const call = this.calls.shift();
    if (!call) throw new Error('nothing was asked');
    return call;
  }

  private call<T>(what: string): Promise<T> {
    return new Promise<T>((resolve, reject) => this.calls.push({ what, resolve: resolve as Call['resolve'], reject }));
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

function todo(id: string, done = false): Todo {
  return { id, title: `title ${id}`, done };
}

interface Scene {
  api: ManualApi;
  list: TodoList;
  events: TodoEvent[];
  rows: () => TodoRow[];
  row: (title: string) => TodoRow;
  titles: () => string[];
}

async function scene(todos: Todo[] = [], nextPageToken = ''): Promise<Scene> {
  const api = new ManualApi();
  const events: TodoEvent[] = [];
  const list = new TodoList(api, (event) => events.push(event));
  void list.load();
  await api.answer({ todos, nextPageToken });
  const rows = (): TodoRow[] => [...list.snapshot().rows, ...list.snapshot().added];
  const row = (title: string): TodoRow => {
    const found = rows().find((other) => other.title === title);
    if (!found) throw new Error(`no row "${title}"`);
    return found;
  };
  return { api, list, events, rows, row, titles: () => rows().map((other) => other.title) };
}

describe('loading', () => {
  it('shows why it failed, and loads again', async () => {
    const api = new ManualApi();
    const list = new TodoList(api);
    void list.load();
    expect(list.snapshot().phase).toBe('loading');
    await api.refuse('UNAVAILABLE', 503);
    expect(list.snapshot()).toMatchObject({ phase: 'failed', error: { code: 'UNAVAILABLE' } });
    void list.load();
    await api.answer({ todos: [todo('a')], nextPageToken: '' });
    expect(list.snapshot()).toMatchObject({ phase: 'ready', error: null, rows: [{ title: 'title a' }] });
  });

  it('ignores the answer to an earlier load', async () => {
    const api = new ManualApi();
    const list = new TodoList(api);
    void list.load();
    void list.load();
    await api.answer({ todos: [todo('old')], nextPageToken: '' });
    expect(list.snapshot().phase).toBe('loading');
    await api.answer({ todos: [todo('new')], nextPageToken: '' });
    expect(list.snapshot().rows.map((row) => row.title)).toEqual(['title new']);
  });

  it('appends the next page', async () => {
    const { api, list, titles } = await scene([todo('a')], 'p2');
    void list.loadMore();
    void list.loadMore();
    expect(api.open).toEqual(['list p2']);
    await api.answer({ todos: [todo('b')], nextPageToken: '' });
    expect(titles()).toEqual(['title a', 'title b']);
    expect(list.snapshot().more).toBe('none');
  });

  it('keeps what it has when the next page fails', async () => {
    const { api, list, titles } = await scene([todo('a')], 'p2');
    void list.loadMore();
    await api.refuse('NETWORK', 0);
    expect(list.snapshot()).toMatchObject({ phase: 'ready', more: 'failed', moreError: { code: 'NETWORK' } });
    void list.loadMore();
    expect(await api.answer({ todos: [todo('b')], nextPageToken: '' })).toBe('list p2');
    expect(titles()).toEqual(['title a', 'title b']);
  });

  it('shows a todo once that was added here and comes with a later page', async () => {
    const { api, list, rows } = await scene([todo('a')], 'p2');
    const key = list.add('title c');
    await settle();
    await api.answer(todo('c'));
    void list.loadMore();
    await api.answer({ todos: [todo('b'), todo('c')], nextPageToken: '' });
    expect(rows().map((row) => row.title)).toEqual(['title a', 'title b', 'title c']);
    expect(rows()[2]?.key).toBe(key);
    expect(list.snapshot().added).toEqual([]);
  });
});

describe('adding', () => {
  it('shows the todo at once', async () => {
    const { list, row } = await scene();
    list.add('  tea ');
    expect(row('tea')).toMatchObject({ done: false, saving: true, failure: null });
  });

  it('sends one after another, in order', async () => {
    const { api, list, titles } = await scene();
    list.add('one');
    list.add('two');
    await settle();
    expect(api.open).toEqual(['add one']);
    await api.answer({ id: '1', title: 'one', done: false });
    expect(api.open).toEqual(['add two']);
    await api.answer({ id: '2', title: 'two', done: false });
    expect(titles()).toEqual(['one', 'two']);
  });

  it('keeps what could not be saved until it is saved or discarded', async () => {
    const { api, list, row, rows } = await scene();
    list.add('tea');
    list.add('milk');
    await settle();
    await api.refuse('FAILED_PRECONDITION', 409);
    expect(row('tea')).toMatchObject({ saving: false, failure: { operation: 'add' } });
    expect(api.open).toEqual(['add milk']);
    await api.answer({ id: 'm', title: 'milk', done: false });
    list.retry(row('tea').key);
    await settle();
    await api.refuse('FAILED_PRECONDITION', 409);
    list.remove(row('tea').key);
    expect(rows().map((other) => other.title)).toEqual(['milk']);
    expect(api.open).toEqual([]);
  });

  it('completes a todo that is still being added, afterwards', async () => {
    const { api, list, row } = await scene();
    const key = list.add('tea');
    list.complete(key, true);
    await settle();
    expect(row('tea').done).toBe(true);
    expect(api.open).toEqual(['add tea']);
    await api.answer({ id: 't', title: 'tea', done: false });
    expect(row('tea').done).toBe(true);
    expect(await api.answer({ id: 't', title: 'tea', done: true })).toBe('change t {"done":true}');
    expect(row('tea')).toMatchObject({ done: true, saving: false });
  });

  it('forgets a failed todo that was deleted meanwhile', async () => {
    const { api, list, rows } = await scene();
    const key = list.add('tea');
    list.remove(key);
    await settle();
    await api.refuse('UNAVAILABLE', 503);
    expect(rows()).toEqual([]);
    expect(api.open).toEqual([]);
  });

  it('keeps what is not saved when the list is loaded again', async () => {
    const { api, list, titles } = await scene([todo('a')]);
    list.add('tea');
    await settle();
    await api.refuse('NETWORK', 0);
    void list.load();
    await api.answer({ todos: [todo('a'), todo('b')], nextPageToken: '' });
    expect(titles()).toEqual(['title a', 'title b', 'tea']);
  });
});

describe('changing', () => {
  it('shows it at once and takes it back when it fails', async () => {
    const { api, list, row } = await scene([todo('a')]);
    const { key } = row('title a');
    list.complete(key, true);
    expect(row('title a')).toMatchObject({ done: true, saving: true });
    await api.refuse('UNAVAILABLE', 503);
    expect(row('title a')).toMatchObject({
      done: false,
      saving: false,
      failure: { operation: 'complete', error: { code: 'UNAVAILABLE' } },
    });
  });

  it('does it again on demand', async () => {
    const { api, list, row } = await scene([todo('a')]);
    const { key } = row('title a');
    list.edit(key, 'tea');
    await api.refuse('UNAVAILABLE', 503);
    expect(row('title a').failure?.operation).toBe('edit');
    list.retry(key);
    expect(row('tea').failure).toBeNull();
    expect(await api.answer({ id: 'a', title: 'tea', done: false })).toBe('change a {"title":"tea"}');
    expect(row('tea')).toMatchObject({ saving: false, failure: null });
  });

  it('sends quick clicks one after another and skips those in between', async () => {
    const { api, list, row } = await scene([todo('a')]);
    const { key } = row('title a');
    for (const done of [true, false, true, false]) list.complete(key, done);
    expect(row('title a').done).toBe(false);
    expect(api.open).toEqual(['change a {"done":true}']);
    await api.answer(todo('a', true));
    expect(api.open).toEqual(['change a {"done":false}']);
    await api.answer(todo('a', false));
    expect(api.open).toEqual([]);
    expect(row('title a')).toMatchObject({ done: false, saving: false });
  });

  it('keeps the other change when one fails', async () => {
    const { api, list, row } = await scene([todo('a')]);
    const { key } = row('title a');
    list.edit(key, 'tea');
    list.complete(key, true);
    await api.refuse('ABORTED', 409);
    expect(row('title a')).toMatchObject({ done: true, failure: { operation: 'edit' } });
    await api.answer(todo('a', true));
    expect(row('title a')).toMatchObject({ done: true, failure: { operation: 'edit' } });
  });

  it('sends nothing when nothing changes', async () => {
    const { api, list, row } = await scene([todo('a')]);
    const { key } = row('title a');
    list.edit(key, ' title a ');
    list.complete(key, false);
    expect(api.open).toEqual([]);
  });

  it('lets go of a todo that is gone', async () => {
    const { api, list, row, rows, events } = await scene([todo('a')]);
    list.complete(row('title a').key, true);
    await api.refuse('NOT_FOUND', 404);
    expect(rows()).toEqual([]);
    expect(events).toEqual([{ type: 'gone', title: 'title a' }]);
  });

  it('forgets a failure that is dismissed', async () => {
    const { api, list, row } = await scene([todo('a')]);
    const { key } = row('title a');
    list.complete(key, true);
    await api.refuse('UNAVAILABLE', 503);
    list.dismiss(key);
    expect(row('title a').failure).toBeNull();
  });
});

describe('deleting', () => {
  it('hides the todo at once', async () => {
    const { api, list, row, rows, events } = await scene([todo('a'), todo('b')]);
    list.remove(row('title a').key);
    expect(rows().map((other) => other.title)).toEqual(['title b']);
    expect(await api.answer(undefined)).toBe('remove a');
    expect(events).toEqual([{ type: 'deleted', title: 'title a' }]);
  });

  it('brings it back to its place when it fails', async () => {
    const { api, list, row, titles } = await scene([todo('a'), todo('b')]);
    const { key } = row('title a');
    list.remove(key);
    list.remove(key);
    await api.refuse('UNAVAILABLE', 503);
    expect(titles()).toEqual(['title a', 'title b']);
    expect(row('title a').failure?.operation).toBe('delete');
    list.retry(key);
    expect(titles()).toEqual(['title b']);
    expect(await api.answer(undefined)).toBe('remove a');
  });
});

describe('snapshots', () => {
  it('reuse the rows that did not change', async () => {
    const { list, row } = await scene([todo('a'), todo('b')]);
    const before = list.snapshot();
    list.complete(row('title a').key, true);
    const after = list.snapshot();
    expect(after).not.toBe(before);
    expect(after.rows[0]).not.toBe(before.rows[0]);
    expect(after.rows[1]).toBe(before.rows[1]);
  });
});
