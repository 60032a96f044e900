import { useEffect, useId, useLayoutEffect, useRef, useState, type KeyboardEvent } from 'react';
import { useTranslate } from '../i18n/context';
import type { MessageKey } from '../i18n/messages';
import { checkTitle } from '../rules';
import { isComposing } from './focus';

interface Props {
  title: string;
  onSave: (title: string) => void;
  onCancel: () => void;
}

// A todo's text, open for editing in its place. Enter saves, Escape leaves it as it was.
export function RowEditor({ title, onSave, onCancel }: Props) {
  const t = useTranslate();
  const id = useId();
  const [text, setText] = useState(title);
  const [wrong, setWrong] = useState<MessageKey | null>(null);
  const area = useRef<HTMLTextAreaElement>(null);

  useEffect(() => {
    area.current?.focus();
    area.current?.setSelectionRange(title.length, title.length);
    // Only when it opens: the user may be typing by the time that the row changes beneath.
  }, []);

  // As tall as its text.
  useLayoutEffect(() => {
    const element = area.current;
    if (!element) return;
    element.style.height = 'auto';
    element.style.height = `${element.scrollHeight}px`;
  }, [text]);

  const save = (): void => {
    const found = checkTitle(text);
    setWrong(found);
    if (found) area.current?.focus();
    else onSave(text);
  };

  const onKeyDown = (pressed: KeyboardEvent<HTMLTextAreaElement>): void => {
    if (isComposing(pressed)) return;
    if (pressed.key === 'Enter' && !pressed.shiftKey) {
      pressed.preventDefault();
      save();
    } else if (pressed.key === 'Escape') {
      pressed.preventDefault();
      onCancel();
    }
  };

  return (
    <form
      className="editor"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <textarea
        ref={area}
        rows={1}
        dir="auto"
        aria-label={t('row.editLabel')}
        aria-invalid={wrong !== null}
        aria-describedby={wrong ? `${id}-said` : undefined}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
      />
      {wrong && (
        <p id={`${id}-said`} className="field-said bad" role="alert">
          {t(wrong)}
        </p>
      )}
      <div className="editor-buttons">
        <button type="submit" className="button primary">
          {t('row.save')}
        </button>
        <button type="button" className="button quiet" onClick={onCancel}>
          {t('row.cancel')}
        </button>
      </div>
    </form>
  );
}
