// What there is to know about one thing, and what can be done to it.
import { useEffect, useState } from 'react';
import { Chart } from './chart';
import type { Box } from './drawing';
import type { Group, Snapshot } from './snapshot';
import type { Point } from './traffic';

export async function change(what: 'kill' | 'terminate' | 'set-desired', body: object): Promise<string> {
  const answer = await fetch(`/api/${what}`, {
    method: 'POST', headers: { 'content-type': 'application/json', 'x-nubo-console': '1' }, body: JSON.stringify(body),
  });
  if (answer.ok) return '';
  const problem = await answer.json().catch(() => null);
  return problem?.error?.message ?? `it failed with ${answer.status}`;
}

function useText(path: string, version: unknown): string {
  const [text, setText] = useState('');
  useEffect(() => {
    let current = true;
    fetch(path).then((answer) => answer.text()).then((now) => current && setText(now)).catch(() => current && setText(''));
    return () => { current = false; };
  }, [path, version]);
  return text;
}

function Properties({ value }: { value: unknown }) {
  if (Array.isArray(value)) return <ul>{value.map((item, at) => <li key={at}><Properties value={item} /></li>)}</ul>;
  if (value !== null && typeof value === 'object') {
    return <dl>{Object.entries(value).map(([key, item]) => <div key={key}><dt>{key}</dt><dd><Properties value={item} /></dd></div>)}</dl>;
  }
  return <span>{String(value ?? '–')}</span>;
}

export function Panel({ box, group, snapshot, points, close }: {
  box: Box; group: Group | undefined; snapshot: Snapshot; points: Point[]; close: () => void;
}) {
  const [tab, setTab] = useState<'about' | 'events' | 'log'>('about');
  const [said, setSaid] = useState('');
  const beat = Math.floor(Date.now() / 3000);
  const about = useText(`/api/describe/${box.opens}`, tab === 'about' ? beat : 0);
  const log = useText(`/api/log/${box.opens}`, tab === 'log' ? beat : 0);
  const events = snapshot.events.events.filter((e) => e.source === box.opens || e.source === box.id || (e.logicalId !== '' && e.logicalId === box.title)).reverse();
  let described: { properties?: object; attributes?: object; status?: string; type?: string } = {};
  try { described = JSON.parse(about); } catch { /* not there yet */ }
  const act = async (what: Promise<string>) => setSaid((await what) || 'done');
  useEffect(() => {
    const key = (event: KeyboardEvent) => event.key === 'Escape' && close();
    window.addEventListener('keydown', key);
    return () => window.removeEventListener('keydown', key);
  }, [close]);
  return (
    <aside aria-label={`About ${box.title}`}>
      <header>
        <div><h2>{box.title}</h2><p>{described.type ?? box.kind} · {box.opens}</p></div>
        <button type="button" onClick={close} aria-label="Close">✕</button>
      </header>
      {box.kind === 'instance' && (
        <div className="actions">
          <button type="button" onClick={() => act(change('terminate', { id: box.opens }))}>Drain and terminate</button>
          <button type="button" className="danger" onClick={() => act(change('kill', { id: box.opens }))}>Kill</button>
        </div>
      )}
      {group && (
        <div className="actions" role="group" aria-label={`Size of ${group.logicalId}`}>
          <span>{group.logicalId}: {group.desiredCapacity} wanted ({group.minSize} to {group.maxSize})</span>
          <button type="button" aria-label="One fewer" disabled={group.desiredCapacity <= group.minSize}
            onClick={() => act(change('set-desired', { id: group.autoScalingGroupName, desired: group.desiredCapacity - 1 }))}>−</button>
          <button type="button" aria-label="One more" disabled={group.desiredCapacity >= group.maxSize}
            onClick={() => act(change('set-desired', { id: group.autoScalingGroupName, desired: group.desiredCapacity + 1 }))}>+</button>
        </div>
      )}
      <p className="said" role="status">{said}</p>
      {points.length > 0 && (
        <>
          <Chart title="Requests" unit="a second" points={points} value={(p) => p.requestsPerSecond} />
          <Chart title="Latency" unit="ms" points={points} value={(p) => p.latencyMs} />
        </>
      )}
      <nav role="tablist">
        {(['about', 'events', 'log'] as const).map((name) => (
          <button key={name} type="button" role="tab" aria-selected={tab === name} onClick={() => setTab(name)}>{name}</button>
        ))}
      </nav>
      <div className="tab" role="tabpanel">
        {tab === 'about' && <Properties value={{ status: described.status, ...described.attributes, ...described.properties }} />}
        {tab === 'events' && <ol className="events">{events.map((e) => <li key={e.id}><time>{e.time.slice(11, 19)}</time> <b>{e.status}</b> {e.message}</li>)}</ol>}
        {tab === 'log' && <pre>{log || 'nothing was written'}</pre>}
      </div>
    </aside>
  );
}
