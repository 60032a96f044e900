// The user's todos as the page shows them: what the server has, with what the user has just done applied on top.
//
// Every change shows at once and is sent in the background. A row's changes go out one after another, so that two
// clicks cannot overtake each other on their way through different servers; new todos go out one after another, so
// that they keep their order. When a change fails it is taken back, the row says why, and `retry` does it again. A
// todo that could not be added stays, marked as not saved: what somebody typed is never thrown away.
//
// The server lists oldest first, in pages. Todos added here come last, even while the pages before them are not loaded.
import { ApiError, BAD_ANSWER } from '../api/error';
import type { Todo, TodoApi, TodoChange } from '../api/client';

export type Operation = 'add' | 'edit' | 'complete' | 'delete';

export interface RowFailure {
  operation: Operation;
  error: ApiError;
}

export interface TodoRow {
  // The same for as long as the row lives; the id comes only with the server's answer.
  key: string;
  title: string;
  done: boolean;
  // Whether the server has answered everything.
  saving: boolean;
  failure: RowFailure | null;
}

export interface TodoListState {
  phase: 'loading' | 'ready' | 'failed';
  // Of 'failed'.
  error: ApiError | null;
  // In the server's order.
  rows: TodoRow[];
  // Whether there are rows after `rows`, and how fetching them goes.
  more: 'none' | 'idle' | 'loading' | 'failed';
  moreError: ApiError | null;
  // Added here, and not yet met in a page.
  added: TodoRow[];
}

// What a person who cannot see the list change is told.
export type TodoEvent =
  | { type: 'added' | 'edited' | 'completed' | 'reopened' | 'deleted' | 'gone'; title: string }
  | { type: 'loaded'; count: number };

type Change =
  | { operation: 'add' }
  | { operation: 'edit'; title: string }
  | { operation: 'complete'; done: boolean }
  | { operation: 'delete' };

interface Row {
  key: string;
  id: string | null;
  // As the server last said.
  title: string;
  done: boolean;
  // Not yet answered; the first one is under way.
  queue: Change[];
  running: boolean;
  failed: { change: Change; error: ApiError } | null;
  // What was last published of this row, if that still holds.
  view: TodoRow | null;
}

function toApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError(BAD_ANSWER, 0, String(error));
}

function hasChange(row: Row, operation: Operation): boolean {
  return row.queue.some((change) => change.operation === operation);
}

export class TodoList {
  private loaded: Row[] = [];
  private added: Row[] = [];
  private phase: TodoListState['phase'] = 'loading';
  private error: ApiError | null = null;
  private more: TodoListState['more'] = 'none';
  private moreError: ApiError | null = null;
  private nextPageToken = '';
  // Answers to what was asked before the latest load are ignored.
  private generation = 0;
  private keys = 0;
  // Ends when the last todo that is being added has its answer.
  private adding: Promise<void> = Promise.resolve();
  private state: TodoListState;
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly api: TodoApi,
    private readonly onEvent: (event: TodoEvent) => void = () => {},
  ) {
    this.state = this.build();
  }

  // An immutable value; another one after every change.
  readonly snapshot = (): TodoListState => this.state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  // Fetches the first page. What is not saved yet stays.
  async load(): Promise<void> {
    const generation = ++this.generation;
    this.phase = 'loading';
    this.error = null;
    this.publish();
    try {
      const page = await this.api.list('');
      if (generation !== this.generation) return;
      const unsaved = this.all().filter((row) => row.id === null || row.queue.length > 0);
      this.loaded = [];
      this.added = unsaved;
      this.take(page.todos, page.nextPageToken);
      this.phase = 'ready';
    } catch (error) {
      if (generation !== this.generation) return;
      this.phase = 'failed';
      this.error = toApiError(error);
    }
    this.publish();
  }

  async loadMore(): Promise<void> {
    if (this.phase !== 'ready' || this.more === 'none' || this.more === 'loading') return;
    const generation = this.generation;
    this.more = 'loading';
    this.moreError = null;
    this.publish();
    try {
      const page = await this.api.list(this.nextPageToken);
      if (generation !== this.generation) return;
      this.take(page.todos, page.nextPageToken);
      this.onEvent({ type: 'loaded', count: page.todos.length });
    } catch (error) {
      if (generation !== this.generation) return;
      this.more = 'failed';
      this.moreError = toApiError(error);
    }
    this.publish();
  }

  // Returns the new row's key.
  add(title: string): string {
    const row = this.newRow(null, title.trim(), false);
    this.added.push(row);
    this.push(row, { operation: 'add' });
    return row.key;
  }

  edit(key: string, title: string): void {
    const row = this.find(key);
    if (row && this.view(row).title !== title.trim()) this.push(row, { operation: 'edit', title: title.trim() });
  }

  complete(key: string, done: boolean): void {
    const row = this.find(key);
    if (row && this.view(row).done !== done) this.push(row, { operation: 'complete', done });
  }

  remove(key: string): void {
    const row = this.find(key);
    if (!row || hasChange(row, 'delete')) return;
    // The server never had it, as far as anybody knows: there is nothing to ask for.
    if (row.failed?.change.operation === 'add') this.drop(row);
    else this.push(row, { operation: 'delete' });
  }

  // Does what failed on this row again.
  retry(key: string): void {
    const row = this.find(key);
    if (!row?.failed) return;
    const { change } = row.failed;
    row.failed = null;
    // What was asked of a todo since it could not be added waits behind the adding.
    if (change.operation === 'add') row.queue.unshift(change);
    else row.queue.push(change);
    this.changed(row);
    void this.drain(row);
  }

  // Forgets the failure; what was taken back stays so.
  dismiss(key: string): void {
    const row = this.find(key);
    if (!row?.failed || row.failed.change.operation === 'add') return;
    row.failed = null;
    this.changed(row);
  }

  private all(): Row[] {
    return [...this.loaded, ...this.added];
  }

  private find(key: string): Row | undefined {
    return this.all().find((row) => row.key === key);
  }

  private newRow(id: string | null, title: string, done: boolean): Row {
    return { key: `row-${++this.keys}`, id, title, done, queue: [], running: false, failed: null, view: null };
  }

  // Appends a page. A row that is known already keeps its key and moves to where the server has it.
  private take(todos: Todo[], nextPageToken: string): void {
    const known = new Map(this.all().map((row) => [row.id, row]));
    for (const todo of todos) {
      const row = known.get(todo.id);
      if (!row) {
        this.loaded.push(this.newRow(todo.id, todo.title, todo.done));
        continue;
      }
      row.title = todo.title;
      row.done = todo.done;
      row.view = null;
      if (this.loaded.includes(row)) continue;
      this.added = this.added.filter((other) => other !== row);
      this.loaded.push(row);
    }
    this.nextPageToken = nextPageToken;
    this.more = nextPageToken === '' ? 'none' : 'idle';
  }

  private push(row: Row, change: Change): void {
    // A new wish of the same kind replaces one that is still waiting (the first is under way), and an old failure.
    const waiting = row.queue.findIndex((other, i) => (i > 0 || !row.running) && other.operation === change.operation);
    if (waiting >= 0) row.queue[waiting] = change;
    else row.queue.push(change);
    if (row.failed?.change.operation !== 'add') row.failed = null;
    this.changed(row);
    void this.drain(row);
  }

  // Sends the row's changes, one after another. One at a time runs for each row.
  private async drain(row: Row): Promise<void> {
    if (row.running || row.failed?.change.operation === 'add') return;
    row.running = true;
    for (let change = row.queue[0]; change; change = row.queue[0]) {
      try {
        await this.send(row, change);
        row.queue.shift();
        this.changed(row);
      } catch (error) {
        row.queue.shift();
        this.fail(row, change, toApiError(error));
        if (change.operation === 'add') break;
      }
    }
    row.running = false;
  }

  private fail(row: Row, change: Change, error: ApiError): void {
    if (error.code === 'NOT_FOUND' && change.operation !== 'add') {
      this.onEvent({ type: 'gone', title: row.title });
      this.drop(row);
      return;
    }
    // Added and deleted again before it could be saved: nobody misses it.
    if (change.operation === 'add' && hasChange(row, 'delete')) return this.drop(row);
    row.failed = { change, error };
    this.changed(row);
  }

  private async send(row: Row, change: Change): Promise<void> {
    switch (change.operation) {
      case 'add':
        return this.sendAdd(row);
      case 'edit':
        await this.sendChange(row, { title: change.title });
        return this.onEvent({ type: 'edited', title: row.title });
      case 'complete':
        await this.sendChange(row, { done: change.done });
        return this.onEvent({ type: change.done ? 'completed' : 'reopened', title: row.title });
      case 'delete':
        await this.api.remove(this.idOf(row));
        this.onEvent({ type: 'deleted', title: row.title });
        return this.drop(row);
    }
  }

  private async sendAdd(row: Row): Promise<void> {
    const before = this.adding;
    const mine = before.then(async () => {
      const todo = await this.api.add(row.title);
      row.id = todo.id;
      this.takeTodo(row, todo);
    });
    this.adding = mine.catch(() => {});
    await mine;
    this.onEvent({ type: 'added', title: row.title });
  }

  private async sendChange(row: Row, change: TodoChange): Promise<void> {
    this.takeTodo(row, await this.api.change(this.idOf(row), change));
  }

  private takeTodo(row: Row, todo: Todo): void {
    row.title = todo.title;
    row.done = todo.done;
  }

  private idOf(row: Row): string {
    if (row.id === null) throw new ApiError(BAD_ANSWER, 0, 'the todo has no id yet');
    return row.id;
  }

  private drop(row: Row): void {
    row.queue = [];
    this.loaded = this.loaded.filter((other) => other !== row);
    this.added = this.added.filter((other) => other !== row);
    this.publish();
  }

  private changed(row: Row): void {
    row.view = null;
    this.publish();
  }

  private publish(): void {
    this.state = this.build();
    for (const listener of this.listeners) listener();
  }

  private build(): TodoListState {
    const visible = (rows: Row[]): TodoRow[] =>
      rows.filter((row) => !hasChange(row, 'delete')).map((row) => this.view(row));
    return {
      phase: this.phase,
      error: this.error,
      rows: visible(this.loaded),
      more: this.more,
      moreError: this.moreError,
      added: visible(this.added),
    };
  }

  private view(row: Row): TodoRow {
    if (row.view) return row.view;
    let { title, done } = row;
    for (const change of row.queue) {
      if (change.operation === 'edit') title = change.title;
      if (change.operation === 'complete') done = change.done;
    }
    const failure = row.failed && { operation: row.failed.change.operation, error: row.failed.error };
    const saving = row.queue.length > 0 && failure?.operation !== 'add';
    row.view = { key: row.key, title, done, saving, failure };
    return row.view;
  }
}
