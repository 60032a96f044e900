import { useCallback, useEffect, useRef, useState, useSyncExternalStore, type KeyboardEvent } from 'react';
import type { TodoApi } from '../api/client';
import { useTranslate } from '../i18n/context';
import type { Translate } from '../i18n/translate';
import { TodoList, type TodoEvent, type TodoListState } from '../todos/todo_list';
import { Composer } from './composer';
import { focusUnlessTouch, scrollIntoView } from './focus';
import { CloudMark } from './icons';
import { EmptyList, FailedList, LoadingList, MoreRows } from './list_states';
import { moveFocus, neighbourOf } from './row_focus';
import { TodoItem } from './todo_item';

interface Props {
  api: TodoApi;
  username: string;
  onSignOut: () => void;
}

// The signed-in user's list.
export function TodoPage({ api, username, onSignOut }: Props) {
  const t = useTranslate();
  const [event, setEvent] = useState<{ number: number; event: TodoEvent } | null>(null);
  const [list] = useState(
    () => new TodoList(api, (event) => setEvent((last) => ({ number: (last?.number ?? 0) + 1, event }))),
  );
  const state = useSyncExternalStore(list.subscribe, list.snapshot);
  const composer = useRef<HTMLInputElement>(null);
  const [newest, setNewest] = useState('');

  useEffect(() => {
    void list.load();
    focusUnlessTouch(composer.current);
  }, [list]);

  useEffect(() => {
    if (newest !== '') scrollIntoView(document.getElementById(newest));
  }, [newest]);

  const remove = useCallback(
    (key: string) => {
      const next = neighbourOf(document.getElementById(key));
      list.remove(key);
      (next ?? composer.current)?.focus();
    },
    [list],
  );

  const onKeyDown = (pressed: KeyboardEvent<HTMLUListElement>): void => {
    const target = pressed.target as HTMLElement;
    if (target.tagName === 'TEXTAREA' || pressed.altKey || pressed.ctrlKey || pressed.metaKey) return;
    const row = target.closest('li');
    if (pressed.key === 'Delete' && row && target.dataset['part']) {
      pressed.preventDefault();
      remove(row.id);
    } else if (moveFocus(target, pressed.key)) {
      pressed.preventDefault();
    }
  };

  const items = [...state.rows, ...state.added];
  const empty = state.phase === 'ready' && items.length === 0 && state.more === 'none';
  return (
    <>
      <a className="skip" href="#add">
        {t('page.skip')}
      </a>
      <header className="bar">
        <div className="brand">
          <CloudMark />
          <span>{t('page.title')}</span>
        </div>
        <div className="who">
          <span className="who-name" dir="auto" title={t('account.signedInAs', { name: username })}>
            {username}
          </span>
          <button type="button" className="button quiet" onClick={onSignOut}>
            {t('account.signOut')}
          </button>
        </div>
      </header>
      <main className="todos">
        <div className="heading">
          <h1>{t('todos.title')}</h1>
          <p data-testid="summary">{summary(t, state)}</p>
        </div>
        <section className="card list-card">
          {state.phase === 'loading' && <LoadingList />}
          {state.phase === 'failed' && state.error && (
            <FailedList error={state.error} onRetry={() => void list.load()} />
          )}
          {empty && <EmptyList />}
          {state.phase === 'ready' && !empty && (
            <ul className="rows" aria-label={t('todos.list')} onKeyDown={onKeyDown}>
              {state.rows.map((row) => (
                <TodoItem key={row.key} row={row} list={list} onRemove={remove} />
              ))}
              <MoreRows state={state} onMore={() => void list.loadMore()} />
              {state.added.map((row) => (
                <TodoItem key={row.key} row={row} list={list} onRemove={remove} />
              ))}
            </ul>
          )}
          <Composer inputRef={composer} onAdd={(title) => setNewest(list.add(title))} />
        </section>
      </main>
      <div className="unseen" role="status">
        {event && <p key={event.number}>{says(t, event.event)}</p>}
      </div>
    </>
  );
}

function summary(t: Translate, state: TodoListState): string {
  if (state.phase !== 'ready') return '';
  const items = [...state.rows, ...state.added];
  // How many are left is known only once all of them are here.
  if (state.more !== 'none') return t('todos.shown', { count: items.length });
  const open = items.filter((row) => !row.done).length;
  if (items.length === 0) return '';
  return open === 0 ? t('todos.allDone') : t('todos.open', { count: open });
}

function says(t: Translate, event: TodoEvent): string {
  return event.type === 'loaded'
    ? t('said.loaded', { count: event.count })
    : t(`said.${event.type}`, { title: event.title });
}
