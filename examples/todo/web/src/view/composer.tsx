import { useId, useState, type FormEvent, type RefObject } from 'react';
import { useTranslate } from '../i18n/context';
import type { MessageKey } from '../i18n/messages';
import { checkTitle } from '../rules';
import { PlusIcon } from './icons';

interface Props {
  inputRef: RefObject<HTMLInputElement | null>;
  onAdd: (title: string) => void;
}

// The last line of the list, where the next todo is written.
export function Composer({ inputRef, onAdd }: Props) {
  const t = useTranslate();
  const id = useId();
  const [title, setTitle] = useState('');
  const [wrong, setWrong] = useState<MessageKey | null>(null);

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const found = checkTitle(title);
    setWrong(found);
    inputRef.current?.focus();
    if (found) return;
    onAdd(title);
    setTitle('');
  };

  return (
    <form id="add" className="composer" tabIndex={-1} onSubmit={submit}>
      <div className="composer-line">
        <label className="composer-box">
          <PlusIcon />
          <input
            ref={inputRef}
            aria-label={t('add.label')}
            placeholder={t('add.placeholder')}
            dir="auto"
            autoComplete="off"
            enterKeyHint="done"
            aria-invalid={wrong !== null}
            aria-describedby={wrong ? `${id}-said` : undefined}
            value={title}
            onChange={(event) => {
              setTitle(event.target.value);
              setWrong(null);
            }}
          />
        </label>
        {/* Quiet until there is something to add. */}
        <button type="submit" className={title.trim() === '' ? 'button' : 'button primary'}>
          {t('add.button')}
        </button>
      </div>
      {wrong && (
        <p id={`${id}-said`} className="field-said bad" role="alert">
          {t(wrong)}
        </p>
      )}
    </form>
  );
}
