import { useId, type ReactNode, type Ref } from 'react';

interface Props {
  inputRef: Ref<HTMLInputElement>;
  label: string;
  name: string;
  type?: 'text' | 'password';
  autoComplete: string;
  value: string;
  onChange: (value: string) => void;
  error: string | null;
  hint?: string | null;
  // A button inside the field.
  action?: ReactNode;
}

// A labelled text field that says what is wrong with its content.
export function Field(props: Props) {
  const { inputRef, label, name, type = 'text', autoComplete, value, onChange, error, hint, action } = props;
  const id = useId();
  const said = error ?? hint;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="field-box">
        <input
          ref={inputRef}
          id={id}
          name={name}
          type={type}
          autoComplete={autoComplete}
          autoCapitalize="none"
          autoCorrect="off"
          spellCheck={false}
          required
          value={value}
          onChange={(event) => onChange(event.target.value)}
          aria-invalid={error !== null}
          aria-describedby={said ? `${id}-said` : undefined}
        />
        {action}
      </div>
      {said && (
        <p id={`${id}-said`} className={error ? 'field-said bad' : 'field-said'}>
          {said}
        </p>
      )}
    </div>
  );
}
