// The console's API. Every call carries the token: the part after the # of the address that `nubo console` printed, which
// is kept for this tab and taken out of the address bar.

const KEY = 'nubo-console-token';
const RETRY_MS = 1000;

export function takeToken(): void {
  const found = /^#token=([0-9a-f]+)$/.exec(location.hash);
  if (!found) return;
  sessionStorage.setItem(KEY, found[1] ?? '');
  history.replaceState(null, '', location.pathname);
}

// What went wrong, in words for people; `told` by the region, or found out here.
export class Problem extends Error {}

async function call(path: string, options: RequestInit = {}): Promise<Response> {
  const headers = { ...options.headers, authorization: `Bearer ${sessionStorage.getItem(KEY) ?? ''}` };
  let answer: Response;
  try {
    answer = await fetch(path, { ...options, headers });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Problem('the console does not answer; is `nubo console` still running?');
  }
  if (answer.ok) return answer;
  const told = await answer.json().catch(() => null);
  throw new Problem(told?.error?.message ?? `it failed with ${answer.status}`);
}

export async function ask(path: string, signal: AbortSignal): Promise<string> {
  return (await call(path, { signal })).text();
}

export async function change(what: 'kill' | 'terminate' | 'set-desired', body: object): Promise<void> {
  await call(`/api/${what}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
}

// Server-sent events (WHATWG HTML §9.2), as far as the console sends them: an optional `event:`, one `data:`, a blank line.
// EventSource itself cannot carry the token.
export function parseEvents(text: string): { events: { name: string; data: string }[]; rest: string } {
  const parts = text.split('\n\n');
  const rest = parts.pop() ?? '';
  const events = parts.map((part) => {
    const field = (name: string) => part.split('\n').find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
    return { name: field('event') ?? 'message', data: field('data') ?? '' };
  });
  return { events, rest };
}

// Follows the snapshots, and begins anew after a break, until the signal ends it.
export async function watch(onSnapshot: (json: string) => void, onProblem: (message: string) => void, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const answer = await call('/api/stream', { signal });
      const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
      let text = '';
      for (let read = await reader.read(); !read.done; read = await reader.read()) {
        const { events, rest } = parseEvents(text + read.value);
        text = rest;
        for (const event of events) {
          if (event.name === 'problem') onProblem(JSON.parse(event.data).message);
          else onSnapshot(event.data);
        }
      }
      throw new Problem('the console has ended the connection; is `nubo console` still running?');
    } catch (error) {
      if (signal.aborted) return;
      onProblem(error instanceof Problem ? error.message : 'the connection to the console broke off; is `nubo console` still running?');
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
