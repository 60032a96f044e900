import { Background, Controls, Handle, Position, ReactFlow, ReactFlowProvider, useReactFlow, type Node, type NodeProps } from '@xyflow/react';
import '@xyflow/react/dist/style.css';
import { StrictMode, useEffect, useMemo, useRef, useState } from 'react';
import { createRoot } from 'react-dom/client';
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
const ZoneNode = ({ data }: NodeProps<Node<Box>>) => <div className="zone"><b>{data.title}</b> {data.lines.join(' · ')}</div>;
const nodeTypes = { box: BoxNode, zone: ZoneNode };

// The newest snapshot, and what is wrong while there is none.
function useSnapshot(traffic: Traffic): { snapshot: Snapshot | null; problem: string } {
  const [snapshot, setSnapshot] = useState<Snapshot | null>(null);
  const [problem, setProblem] = useState('');
  useEffect(() => {
    const source = new EventSource('/api/stream');
    source.onmessage = (event) => {
      const next = JSON.parse(event.data) as Snapshot;
      traffic.add(next, Date.now());
      setSnapshot(next);
      setProblem('');
    };
    source.addEventListener('problem', (event) => setProblem(JSON.parse((event as MessageEvent).data).message));
    source.onerror = () => setProblem('the console does not answer; is `nubo console` still running?');
    return () => source.close();
  }, [traffic]);
  return { snapshot, problem };
}

function Console() {
  const traffic = useRef(new Traffic()).current;
  const { snapshot, problem } = useSnapshot(traffic);
  const [open, setOpen] = useState<string | null>(null);
  const drawing = useMemo(() => (snapshot ? draw(snapshot, traffic) : { nodes: [], edges: [] }), [snapshot, traffic]);
  const box = drawing.nodes.find((node) => node.id === open)?.data;
  const group = snapshot?.groups.groups.find((g) => box?.group && g.autoScalingGroupName === box.group);
  const stacks = snapshot?.stacks.stacks ?? [];
  const { fitView } = useReactFlow();
  // What there is to see has another place, or is other things.
  const shape = `${drawing.nodes.length} ${box === undefined}`;
  useEffect(() => {
    const timer = setTimeout(() => void fitView({ duration: 200, padding: 0.08 }), 60);
    return () => clearTimeout(timer);
  }, [shape, fitView]);
  return (
    <div className="page">
      <header className="top">
        <h1>nubo</h1>
        {stacks.map((stack) => <span key={stack.stackName} className={`stack ${stack.ready ? 'ok' : 'busy'}`}>{stack.stackName} · {stack.stackStatus}</span>)}
        {problem && <span className="stack bad" role="alert">{problem}</span>}
      </header>
      <main>
        <ReactFlow nodes={drawing.nodes} edges={drawing.edges} nodeTypes={nodeTypes} nodesConnectable={false} fitView
          minZoom={0.2} colorMode="system" proOptions={{ hideAttribution: false }}
          onNodeClick={(_, node) => node.data.opens && setOpen(node.id)} onPaneClick={() => setOpen(null)}
          onKeyDown={(event) => {
            const id = (event.target as HTMLElement).closest('.react-flow__node')?.getAttribute('data-id');
            if ((event.key === 'Enter' || event.key === ' ') && id) setOpen(id);
          }}>
          <Background />
          <Controls showInteractive={false} />
        </ReactFlow>
        {box && snapshot && (
          <Panel key={box.id} box={box} group={group} snapshot={snapshot} points={traffic.series.get(box.id) ?? []} close={() => setOpen(null)} />
        )}
      </main>
    </div>
  );
}

createRoot(document.getElementById('root')!).render(<StrictMode><ReactFlowProvider><Console /></ReactFlowProvider></StrictMode>);
