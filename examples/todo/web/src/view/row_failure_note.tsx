import { useEffect, useRef } from 'react';
import { useTranslate } from '../i18n/context';
import type { MessageKey } from '../i18n/messages';
import { errorText } from '../i18n/translate';
import type { Operation, RowFailure } from '../todos/todo_list';
import { scrollIntoView } from './focus';

interface Props {
  failure: RowFailure;
  onRetry: () => void;
  onDismiss: () => void;
  // Fetches the list again, to see what became of a todo whose answer never came.
  onCheck: () => void;
}

const WHAT: Record<Operation, MessageKey> = {
  add: 'row.addFailed',
  edit: 'row.editFailed',
  complete: 'row.completeFailed',
  delete: 'row.deleteFailed',
};

// Why the row's last change was taken back, and what can be done about it.
export function RowFailureNote({ failure, onRetry, onDismiss, onCheck }: Props) {
  const t = useTranslate();
  const note = useRef<HTMLDivElement>(null);
  // It may appear below the end of the screen.
  useEffect(() => scrollIntoView(note.current), []);
  const adding = failure.operation === 'add';
  const uncertain = adding && failure.error.outcomeUnknown;
  return (
    <div className="row-note" ref={note}>
      <p role="alert">
        {t(uncertain ? 'row.addUnknown' : WHAT[failure.operation])} {!uncertain && errorText(t, failure.error)}
      </p>
      <div className="row-note-buttons">
        {uncertain && (
          <button type="button" className="button small" onClick={onCheck}>
            {t('row.check')}
          </button>
        )}
        <button type="button" className="button small" onClick={onRetry}>
          {t('todos.retry')}
        </button>
        <button type="button" className="button small quiet" onClick={onDismiss}>
          {t(adding ? 'row.discard' : 'todos.dismiss')}
        </button>
      </div>
    </div>
  );
}
