import { useEffect, useMemo, useRef, useState } from 'react';
import { ApiClient } from '../api/client';
import type { Session, SessionStore } from '../session';
import { AccountPage, type Farewell } from './account_page';
import { InstanceLabel } from './instance_label';
import { TodoPage } from './todo_page';

interface Props {
  fetch: typeof fetch;
  sessions: SessionStore;
}

// Decides which of the two pages is shown: accounts, or the todos of whoever is signed in.
export function App({ fetch, sessions }: Props) {
  const [instance, setInstance] = useState('');
  const [api] = useState(() => new ApiClient({ fetch, onInstance: setInstance }));
  const [session, setSession] = useState(() => sessions.load());
  const [farewell, setFarewell] = useState<Farewell | null>(null);

  useEffect(
    () =>
      sessions.watch(window, (changed) => {
        setFarewell(changed ? null : 'signedOut');
        setSession(changed);
      }),
    [sessions],
  );

  const enter = (entered: Session): void => {
    sessions.save(entered);
    setFarewell(null);
    setSession(entered);
  };

  const leave = (reason: Farewell): void => {
    sessions.save(null);
    setFarewell(reason);
    setSession(null);
  };

  const signOut = (): void => {
    if (!session) return;
    leave('signedOut');
    // The user has left either way; a session that the server could not be told of ends there by itself.
    api.signOut(session.token).catch(() => {});
  };

  const token = session?.token;
  const present = useRef(token);
  present.current = token;
  const todoApi = useMemo(() => {
    if (token === undefined) return null;
    const expired = (): void => {
      // Late answers to a session that is over already say nothing about the present one.
      if (present.current !== token) return;
      sessions.save(null);
      setFarewell('expired');
      setSession(null);
    };
    return api.withToken(token, expired);
  }, [api, sessions, token]);

  return (
    <>
      {session && todoApi ? (
        <TodoPage key={session.token} api={todoApi} username={session.username} onSignOut={signOut} />
      ) : (
        <AccountPage api={api} farewell={farewell} onEntered={enter} />
      )}
      <InstanceLabel instance={instance} />
    </>
  );
}
