import { describe, expect, it } from 'vitest';
import { SessionStore } from '../src/session';

function memory(initial: Record<string, string> = {}): Storage {
  const values = new Map(Object.entries(initial));
  return {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
    removeItem: (key: string) => void values.delete(key),
  } as Storage;
}

describe('SessionStore', () => {
  it('keeps a session', () => {
    const storage = memory();
    new SessionStore(() => storage).save({ token: 't', username: 'mina' });
    expect(new SessionStore(() => storage).load()).toEqual({ token: 't', username: 'mina' });
  });

  it('forgets it', () => {
    const store = new SessionStore(() => storage);
    const storage = memory();
    store.save({ token: 't', username: 'mina' });
    store.save(null);
    expect(store.load()).toBeNull();
  });

  it.each(['', '{', 'null', '3', '{"token":""}', '{"token":"t"}', '{"token":1,"username":"a"}'])(
    'takes %j for nobody',
    (text) => {
      expect(new SessionStore(() => memory({ 'todo.session': text })).load()).toBeNull();
    },
  );

  it('lives with a browser that forbids storage', () => {
    const store = new SessionStore(() => {
      throw new Error('forbidden');
    });
    store.save({ token: 't', username: 'mina' });
    expect(store.load()).toBeNull();
  });
});
