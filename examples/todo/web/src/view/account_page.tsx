import { useEffect, useRef, useState, type FormEvent } from 'react';
import type { ApiClient } from '../api/client';
import { ApiError } from '../api/error';
import { useTranslate } from '../i18n/context';
import type { MessageKey } from '../i18n/messages';
import { errorText } from '../i18n/translate';
import { checkNewPassword, checkPassword, checkUsername } from '../rules';
import type { Session } from '../session';
import { Field } from './field';
import { CloudMark, EyeIcon } from './icons';
import { focusUnlessTouch } from './focus';

// Why somebody who was signed in is here.
export type Farewell = 'signedOut' | 'expired';

interface Props {
  api: ApiClient;
  farewell: Farewell | null;
  onEntered: (session: Session) => void;
}

type Mode = 'signIn' | 'signUp';

// Signing in, and signing up: one form with two modes.
export function AccountPage({ api, farewell, onEntered }: Props) {
  const t = useTranslate();
  const [mode, setMode] = useState<Mode>('signIn');
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [shown, setShown] = useState(false);
  const [wrong, setWrong] = useState<{ username: MessageKey | null; password: MessageKey | null } | null>(null);
  const [failure, setFailure] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const usernameInput = useRef<HTMLInputElement>(null);
  const passwordInput = useRef<HTMLInputElement>(null);

  useEffect(() => focusUnlessTouch(usernameInput.current), []);

  const switchMode = (): void => {
    setMode(mode === 'signIn' ? 'signUp' : 'signIn');
    setWrong(null);
    setFailure(null);
    usernameInput.current?.focus();
  };

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (busy) return;
    const found = {
      username: checkUsername(username),
      password: mode === 'signUp' ? checkNewPassword(password) : checkPassword(password),
    };
    setWrong(found);
    setFailure(null);
    if (found.username) return usernameInput.current?.focus();
    if (found.password) return passwordInput.current?.focus();
    setBusy(true);
    try {
      const token = await (mode === 'signUp' ? api.signUp(username, password) : api.signIn(username, password));
      onEntered({ token, username });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFailure(error);
      setBusy(false);
      (error.code === 'ALREADY_EXISTS' ? usernameInput : passwordInput).current?.select();
    }
  };

  const says = (key: MessageKey | null | undefined): string | null => (key ? t(key) : null);
  const working = mode === 'signUp' ? t('account.signingUp') : t('account.signingIn');
  return (
    <main className="account">
      <div className="brand">
        <CloudMark />
        <span>{t('page.title')}</span>
      </div>
      <section className="card account-card">
        <h1>{t(mode === 'signIn' ? 'account.signInTitle' : 'account.signUpTitle')}</h1>
        <p className="lead">{t(mode === 'signIn' ? 'account.signInLead' : 'account.signUpLead')}</p>
        {farewell && !failure && (
          <p className="notice" role={farewell === 'expired' ? 'alert' : 'status'}>
            {t(farewell === 'expired' ? 'account.expired' : 'account.signedOut')}
          </p>
        )}
        <form method="post" noValidate onSubmit={(event) => void submit(event)}>
          <Field
            inputRef={usernameInput}
            label={t('account.username')}
            name="username"
            autoComplete="username"
            value={username}
            onChange={setUsername}
            error={says(wrong?.username)}
          />
          <Field
            inputRef={passwordInput}
            label={t('account.password')}
            name="password"
            type={shown ? 'text' : 'password'}
            autoComplete={mode === 'signUp' ? 'new-password' : 'current-password'}
            value={password}
            onChange={setPassword}
            error={says(wrong?.password)}
            hint={mode === 'signUp' ? t('account.passwordHint') : null}
            action={
              <button
                type="button"
                className="icon-button"
                aria-label={t('account.showPassword')}
                aria-pressed={shown}
                onClick={() => setShown(!shown)}
              >
                <EyeIcon crossed={shown} />
              </button>
            }
          />
          {failure && (
            <p className="notice bad" role="alert">
              {errorText(t, failure, mode)}
            </p>
          )}
          <button type="submit" className="button primary wide" aria-disabled={busy}>
            {busy ? working : t(mode === 'signIn' ? 'account.signIn' : 'account.signUp')}
          </button>
        </form>
        <p className="switch">
          {t(mode === 'signIn' ? 'account.toSignUp' : 'account.toSignIn')}{' '}
          <button type="button" className="link" onClick={switchMode}>
            {t(mode === 'signIn' ? 'account.signUp' : 'account.signIn')}
          </button>
        </p>
      </section>
    </main>
  );
}
