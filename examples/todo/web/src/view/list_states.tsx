// What stands in the list's place, or at its end, when there are no rows to show.
import { useEffect, useRef } from 'react';
import type { ApiError } from '../api/error';
import { useTranslate } from '../i18n/context';
import { errorText } from '../i18n/translate';
import type { TodoListState } from '../todos/todo_list';
import { CloudMark } from './icons';

// How far below the screen the next page is fetched already.
const AHEAD = '240px';

export function LoadingList() {
  const t = useTranslate();
  return (
    <div className="skeleton" role="status">
      <span className="unseen">{t('todos.loading')}</span>
      {['a', 'b', 'c'].map((line) => (
        <div key={line} className={`skeleton-line ${line}`} aria-hidden="true">
          <span />
          <span />
        </div>
      ))}
    </div>
  );
}

export function FailedList({ error, onRetry }: { error: ApiError; onRetry: () => void }) {
  const t = useTranslate();
  return (
    <div className="blank">
      <div role="alert">
        <p className="blank-title">{t('todos.loadFailed')}</p>
        <p className="blank-lead">{errorText(t, error)}</p>
      </div>
      <button type="button" className="button" onClick={onRetry}>
        {t('todos.retry')}
      </button>
    </div>
  );
}

export function EmptyList() {
  const t = useTranslate();
  return (
    <div className="blank">
      <CloudMark />
      <p className="blank-title">{t('todos.empty')}</p>
      <p className="blank-lead">{t('todos.emptyLead')}</p>
    </div>
  );
}

// Fetches the next page by itself when the end of the list comes near, and by a button all the same.
export function MoreRows({ state, onMore }: { state: TodoListState; onMore: () => void }) {
  const t = useTranslate();
  const end = useRef<HTMLLIElement>(null);
  const more = useRef(onMore);
  more.current = onMore;

  useEffect(() => {
    if (state.more !== 'idle' || !end.current) return undefined;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) more.current();
      },
      { rootMargin: AHEAD },
    );
    observer.observe(end.current);
    return () => observer.disconnect();
  }, [state.more, state.rows.length]);

  if (state.more === 'none') return null;
  return (
    <li className="more" ref={end}>
      {state.more === 'failed' && state.moreError && (
        <p role="alert">
          {t('todos.moreFailed')} {errorText(t, state.moreError)}
        </p>
      )}
      <button type="button" className="button" aria-disabled={state.more === 'loading'} onClick={onMore}>
        {state.more === 'loading' && t('todos.loadingMore')}
        {state.more === 'idle' && t('todos.loadMore')}
        {state.more === 'failed' && t('todos.retry')}
      </button>
    </li>
  );
}
