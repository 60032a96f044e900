// What there is to know about one thing, and what can be done to it.
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { Problem, ask, change } from './api';
import { Chart } from './chart';
import type { Box } from './drawing';
import type { Group, RegionEvent, Snapshot } from './snapshot';
import type { Point } from './traffic';

const REFRESH_MS = 3000;

interface Told {
  text: string;
  problem: string;
}

// What the API tells about `path`, anew every few seconds; nothing is asked while `path` is "".
function useText(path: string): Told {
  const [told, setTold] = useState<Told>({ text: '', problem: '' });
  useEffect(() => {
    if (!path) return;
    const ended = new AbortController();
    const look = () => ask(path, ended.signal)
      .then((text) => setTold({ text, problem: '' }))
      .catch((error) => !ended.signal.aborted && setTold((last) => ({ ...last, problem: error instanceof Problem ? error.message : String(error) })));
    void look();
    const timer = setInterval(() => void look(), REFRESH_MS);
    return () => { clearInterval(timer); ended.abort(); };
  }, [path]);
  return told;
}

function Properties({ value }: { value: unknown }) {
  if (Array.isArray(value)) return value.length === 0 ? <span>–</span> : <ul>{value.map((item, at) => <li key={at}><Properties value={item} /></li>)}</ul>;
  if (value !== null && typeof value === 'object') {
    return <dl>{Object.entries(value).map(([key, item]) => <div key={key}><dt>{key}</dt><dd><Properties value={item} /></dd></div>)}</dl>;
  }
  return <span>{value === '' ? '–' : String(value ?? '–')}</span>;
}

const Events = ({ events }: { events: RegionEvent[] }) => events.length === 0 ? <p>nothing yet</p> : (
  <ol className="events">
    {[...events].reverse().map((e) => <li key={e.id}><time dateTime={e.time}>{e.time.slice(11, 19)}</time> <b>{e.status}</b> {e.message}</li>)}
  </ol>
);

// A button that asks once more before it does what cannot be taken back.
function Sure({ label, sentence, danger, act }: { label: string; sentence: string; danger?: boolean; act: () => void }) {
  const [asked, setAsked] = useState(false);
  const className = danger ? 'danger' : '';
  if (!asked) return <button type="button" className={className} onClick={() => setAsked(true)}>{label}</button>;
  return (
    <span className="sure" role="group" aria-label={sentence}>
      {sentence}
      <button type="button" autoFocus className={className} onClick={() => { setAsked(false); act(); }}>Yes, {label.toLowerCase()}</button>
      <button type="button" onClick={() => setAsked(false)}>No</button>
    </span>
  );
}

function Size({ group, act }: { group: Group; act: (what: Promise<void>) => void }) {
  const size = (desired: number) => act(change('set-desired', { id: group.autoScalingGroupName, desired }));
  return (
    <div className="actions" role="group" aria-label={`Size of ${group.logicalId}`}>
      <span>{group.logicalId}: {group.desiredCapacity} wanted ({group.minSize} to {group.maxSize})</span>
      <button type="button" aria-label="One fewer" disabled={group.desiredCapacity <= group.minSize} onClick={() => size(group.desiredCapacity - 1)}>−</button>
      <button type="button" aria-label="One more" disabled={group.desiredCapacity >= group.maxSize} onClick={() => size(group.desiredCapacity + 1)}>+</button>
    </div>
  );
}

type Tab = 'about' | 'events' | 'log';

// Tabs as the ARIA Authoring Practices have them: arrow keys move between them, Tab leaves them.
function Tabs({ names, chosen, choose }: { names: Tab[]; chosen: Tab; choose: (tab: Tab) => void }) {
  const key = (event: KeyboardEvent<HTMLElement>) => {
    const at = names.indexOf(chosen);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: names.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = names[(to + names.length) % names.length] ?? chosen;
    choose(next);
    event.currentTarget.querySelector<HTMLElement>(`#tab-${next}`)?.focus();
  };
  return (
    <div role="tablist" onKeyDown={key}>
      {names.map((name) => (
        <button key={name} id={`tab-${name}`} type="button" role="tab" aria-selected={chosen === name} aria-controls="tab-panel"
          tabIndex={chosen === name ? 0 : -1} onClick={() => choose(name)}>{name}</button>
      ))}
    </div>
  );
}

// A zone is no resource: what there is to say of it is in the snapshot.
function aboutZone(zone: string, snapshot: Snapshot): { about: object; events: RegionEvent[] } {
  const instances = snapshot.instances.instances.filter((i) => i.availabilityZone === zone && i.state !== 'terminated');
  const subnets = snapshot.subnets.subnets.filter((s) => s.availabilityZone === zone);
  const ids = new Set([...instances.map((i) => i.instanceId), ...subnets.map((s) => s.subnetId)]);
  return {
    about: {
      zoneName: zone,
      subnets: subnets.map((s) => ({ subnetId: s.subnetId, name: s.logicalId, cidrBlock: s.cidrBlock })),
      instances: instances.map((i) => ({ instanceId: i.instanceId, name: i.logicalId, state: i.state, privateIpAddress: i.privateIpAddress })),
    },
    events: snapshot.events.events.filter((e) => ids.has(e.source)),
  };
}

interface Described {
  type?: string;
  status?: string;
  properties?: object;
  attributes?: object;
  events?: RegionEvent[];
  notEnforced?: string[];
}

export function Panel({ box, group, snapshot, points, asks, close }: {
  box: Box; group: Group | undefined; snapshot: Snapshot; points: Point[]; asks: boolean; close: () => void;
}) {
  const [tab, setTab] = useState<Tab>('about');
  const [said, setSaid] = useState('');
  const title = useRef<HTMLHeadingElement>(null);
  const description = useText(asks && box.opens && tab !== 'log' ? `/api/describe/${box.opens}` : '');
  const log = useText(asks && tab === 'log' ? `/api/log/${box.opens}` : '');
  useEffect(() => title.current?.focus(), []);
  useEffect(() => {
    const key = (event: globalThis.KeyboardEvent) => event.key === 'Escape' && close();
    window.addEventListener('keydown', key);
    return () => window.removeEventListener('keydown', key);
  }, [close]);
  const zone = box.opens === '' ? aboutZone(box.title, snapshot) : null;
  const described: Described = zone ? { type: 'Availability Zone', attributes: zone.about, events: zone.events }
    : description.text ? JSON.parse(description.text) as Described : {};
  const act = (what: Promise<void>) => {
    setSaid('…');
    what.then(() => setSaid('done'), (error: Error) => setSaid(error.message));
  };
  const { problem } = tab === 'log' ? log : description;
  return (
    <aside aria-label={`About ${box.title}`}>
      <header>
        <div><h2 ref={title} tabIndex={-1}>{box.title}</h2><p>{described.type ?? box.kind}{box.opens && ` · ${box.opens}`}</p></div>
        <button type="button" onClick={close} aria-label="Close">✕</button>
      </header>
      {box.kind === 'instance' && (
        <div className="actions">
          <Sure label="Drain and terminate" sentence="Let it finish, and end it?" act={() => act(change('terminate', { id: box.opens }))} />
          <Sure label="Kill" sentence="End it at once?" danger act={() => act(change('kill', { id: box.opens }))} />
        </div>
      )}
      {group && <Size group={group} act={act} />}
      <p className="said" role="status">{said}</p>
      {points.length > 0 && (
        <>
          <Chart title="Requests" unit="a second" points={points} value={(p) => p.requestsPerSecond} />
          <Chart title="Latency" unit="ms" points={points} value={(p) => p.latencyMs} />
        </>
      )}
      <Tabs names={box.hasLog ? ['about', 'events', 'log'] : ['about', 'events']} chosen={tab} choose={setTab} />
      <div className="tab" role="tabpanel" id="tab-panel" aria-labelledby={`tab-${tab}`} tabIndex={0}>
        {problem && <p className="problem">{problem}</p>}
        {tab === 'about' && <Properties value={{ status: described.status, ...described.attributes, ...described.properties }} />}
        {tab === 'events' && <Events events={described.events ?? []} />}
        {tab === 'log' && <pre>{log.text || 'nothing was written'}</pre>}
      </div>
    </aside>
  );
}
