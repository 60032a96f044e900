import { memo, useEffect, useRef, useState } from 'react';
import { useTranslate } from '../i18n/context';
import type { TodoList, TodoRow } from '../todos/todo_list';
import { TrashIcon } from './icons';
import { RowEditor } from './row_editor';
import { RowFailureNote } from './row_failure_note';

interface Props {
  row: TodoRow;
  list: TodoList;
  onRemove: (key: string) => void;
}

// One todo: a check mark, its text (which opens for editing), and a button that deletes it.
export const TodoItem = memo(function TodoItem({ row, list, onRemove }: Props) {
  const t = useTranslate();
  const [editing, setEditing] = useState(false);
  const title = useRef<HTMLButtonElement>(null);
  const wasEditing = useRef(false);

  useEffect(() => {
    if (wasEditing.current && !editing) title.current?.focus();
    wasEditing.current = editing;
  }, [editing]);

  const classes = ['row', row.done && 'done', row.saving && 'saving', row.failure && 'failed'];
  return (
    <li id={row.key} className={classes.filter(Boolean).join(' ')}>
      <div className="row-line">
        <label className="check">
          <input
            type="checkbox"
            data-part="check"
            aria-label={row.title}
            checked={row.done}
            onChange={(event) => list.complete(row.key, event.target.checked)}
          />
        </label>
        {editing ? (
          <RowEditor
            title={row.title}
            onSave={(changed) => {
              list.edit(row.key, changed);
              setEditing(false);
            }}
            onCancel={() => setEditing(false)}
          />
        ) : (
          <>
            <button
              ref={title}
              type="button"
              className="row-title"
              dir="auto"
              data-part="title"
              aria-label={t('row.edit', { title: row.title })}
              // A todo that could not be added is sent again as it is, or discarded.
              disabled={row.failure?.operation === 'add'}
              onClick={() => setEditing(true)}
            >
              <span>{row.title}</span>
            </button>
            <button
              type="button"
              className="icon-button row-delete"
              data-part="delete"
              aria-label={t('row.delete', { title: row.title })}
              onClick={() => onRemove(row.key)}
            >
              <TrashIcon />
            </button>
          </>
        )}
      </div>
      {row.failure && (
        <RowFailureNote
          failure={row.failure}
          onRetry={() => list.retry(row.key)}
          onDismiss={() => (row.failure?.operation === 'add' ? onRemove(row.key) : list.dismiss(row.key))}
          onCheck={() => void list.load()}
        />
      )}
    </li>
  );
});
