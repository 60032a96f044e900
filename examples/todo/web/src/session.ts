// Who is signed in, kept across reloads.
//
// The token lives in localStorage: a second tab or tomorrow's visit finds the user still signed in, and signing out
// in one tab signs out all of them. An HttpOnly cookie would be out of reach of scripts, but the API takes only
// bearer tokens (and so needs no defence against forged cross-site requests); the page answers for the difference by
// running no script but its own, which its Content-Security-Policy enforces. The server ends sessions on its side.

export interface Session {
  token: string;
  username: string;
}

const KEY = 'todo.session';

function parse(text: string | null): Session | null {
  if (text === null) return null;
  try {
    const value = JSON.parse(text) as Partial<Session> | null;
    if (typeof value?.token === 'string' && value.token !== '' && typeof value.username === 'string') {
      return { token: value.token, username: value.username };
    }
  } catch {
    // Something else wrote there: nobody is signed in.
  }
  return null;
}

export class SessionStore {
  // `storage` throws where the user has forbidden it; then the session lasts as long as the page.
  constructor(private readonly storage: () => Storage) {}

  load(): Session | null {
    try {
      return parse(this.storage().getItem(KEY));
    } catch {
      return null;
    }
  }

  save(session: Session | null): void {
    try {
      if (session) this.storage().setItem(KEY, JSON.stringify(session));
      else this.storage().removeItem(KEY);
    } catch {
      // Kept in memory by the caller.
    }
  }

  // Calls `changed` when another tab signs in or out. Returns what stops it.
  watch(target: Window, changed: (session: Session | null) => void): () => void {
    const listener = (event: StorageEvent): void => {
      // The key is null when everything was cleared at once.
      if (event.key === KEY || event.key === null) changed(parse(event.key === null ? null : event.newValue));
    };
    target.addEventListener('storage', listener);
    return () => target.removeEventListener('storage', listener);
  }
}
