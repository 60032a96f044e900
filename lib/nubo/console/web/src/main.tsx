import { Background, Controls, Handle, Position, ReactFlow, ReactFlowProvider, useReactFlow, useStore, type Node, type NodeProps } from '@xyflow/react';
import '@xyflow/react/dist/style.css';
import { StrictMode, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { takeToken, watch } from './api';
import { draw, type Box } from './drawing';
import { Panel } from './panel';
import type { Snapshot } from './snapshot';
import './style.css';
import { Traffic } from './traffic';

function BoxNode({ data, selected }: NodeProps<Node<Box>>) {
  return (
    <div className={`box ${data.kind} ${data.health}${selected ? ' selected' : ''}`} data-id={data.id}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <strong>{data.title}</strong>
      {data.lines.map((line, at) => <small key={at}>{line}</small>)}
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
}
function FrameNode({ data, selected }: NodeProps<Node<Box>>) {
  return (
    <div className={`frame ${data.health}${selected ? ' selected' : ''}`} data-id={data.id}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <strong>{data.title}</strong> <small>{data.lines.join(' · ')}</small>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
}
const BandNode = ({ data }: NodeProps<Node<Box>>) => <div className="band" data-zone={data.title} />;
const nodeTypes = { box: BoxNode, frame: FrameNode, band: BandNode };

// The newest snapshot, and what is wrong while there is none.
function useSnapshot(traffic: Traffic): { snapshot: Snapshot | null; problem: string } {
  const [snapshot, setSnapshot] = useState<Snapshot | null>(null);
  const [problem, setProblem] = useState('');
  useEffect(() => {
    const ended = new AbortController();
    void watch((json) => {
      const next = JSON.parse(json) as Snapshot;
      traffic.add(next, Date.now());
      setSnapshot(next);
      setProblem('');
    }, setProblem, ended.signal);
    return () => ended.abort();
  }, [traffic]);
  return { snapshot, problem };
}

// After this long without an answer it is said for how long.
const LONG_S = 3;

// Before the first snapshot: what is waited for, and what is in its way.
function Waiting({ problem }: { problem: string }) {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setSeconds((before) => before + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  return (
    <div className="waiting" role="status">
      <strong>Waiting for the region to tell what runs</strong>
      {problem ? <span>It is asked again every second: {problem}</span>
        : seconds >= LONG_S && <span aria-live="off">It has not answered for {seconds} s. Whether it is well, <code>nubo status</code> says.</span>}
    </div>
  );
}

const nodeOf = (id: string) => document.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(id)}"]`);

function Console() {
  const traffic = useRef(new Traffic()).current;
  const { snapshot, problem } = useSnapshot(traffic);
  const [open, setOpen] = useState<string | null>(null);
  const drawing = useMemo(() => (snapshot ? draw(snapshot, traffic) : { nodes: [], edges: [] }), [snapshot, traffic]);
  const box = drawing.nodes.find((node) => node.id === open)?.data;
  const group = snapshot?.groups.groups.find((g) => box?.group && g.autoScalingGroupName === box.group);
  const stacks = snapshot?.stacks.stacks ?? [];
  const { fitView } = useReactFlow();
  // The view moves only when the drawing has another size, or another place to be in: nothing moves away from under a hand.
  const reach = (far: (node: Node<Box>) => number) => Math.max(0, ...drawing.nodes.map(far));
  const room = useStore((flow) => `${flow.width} ${flow.height}`);
  const shape = `${reach((n) => n.position.x + (n.width ?? 0))} ${reach((n) => n.position.y + (n.height ?? 0))} ${room}`;
  useEffect(() => {
    const timer = setTimeout(() => void fitView({ duration: 200, padding: 0.05 }), 60);
    return () => clearTimeout(timer);
  }, [shape, fitView]);
  const openNode = (id: string) => { if (drawing.nodes.some((node) => node.id === id && node.type !== 'band')) setOpen(id); };
  // Whoever closes the panel is where it was opened.
  const close = useCallback(() => setOpen((last) => {
    if (last) nodeOf(last)?.focus();
    return null;
  }), []);
  return (
    <div className="page">
      <header className="top">
        <h1>nubo</h1>
        {stacks.map((stack) => <span key={stack.stackName} className={`stack ${stack.ready ? 'ok' : 'busy'}`}>{stack.stackName} · {stack.stackStatus}</span>)}
        {problem && <span className="stack bad" role="alert">{problem}</span>}
      </header>
      <main>
        <ReactFlow nodes={drawing.nodes} edges={drawing.edges} nodeTypes={nodeTypes} nodesConnectable={false} fitView
          minZoom={0.1} colorMode="system" proOptions={{ hideAttribution: false }}
          onNodeClick={(_, node) => openNode(node.id)} onPaneClick={() => setOpen(null)}
          onKeyDown={(event) => {
            const id = (event.target as HTMLElement).closest('.react-flow__node')?.getAttribute('data-id');
            if ((event.key === 'Enter' || event.key === ' ') && id) openNode(id);
          }}>
          <Background />
          {!snapshot && <Waiting problem={problem} />}
          {snapshot && drawing.nodes.length === 0 && <div className="waiting" role="status"><strong>Nothing runs here yet</strong></div>}
          <Controls showInteractive={false} />
        </ReactFlow>
        {box && snapshot && (
          <Panel key={box.id} box={box} group={group} snapshot={snapshot} points={traffic.series.get(box.id) ?? []} asks={problem === ''} close={close} />
        )}
      </main>
    </div>
  );
}

takeToken();
createRoot(document.getElementById('root')!).render(<StrictMode><ReactFlowProvider><Console /></ReactFlowProvider></StrictMode>);
