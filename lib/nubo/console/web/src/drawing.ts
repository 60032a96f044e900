// Where each thing stands: names, then load balancers with the instances behind them, tier by tier, then databases;
// zones are bands across all of them.
import type { Edge, Node } from '@xyflow/react';
import type { Group, Instance, LoadBalancer, Snapshot } from './snapshot';
import { rateText, type Traffic } from './traffic';

export interface Box extends Record<string, unknown> {
  id: string;
  kind: 'name' | 'balancer' | 'instance' | 'database' | 'zone';
  title: string;
  lines: string[];
  health: 'ok' | 'busy' | 'bad';
  // What the box opens; "" for what opens nothing.
  opens: string;
  group?: string;
}

const COLUMN = 250;
const ROW = 96;
const TOP = 40;

const plain = (name: string) => name.replace(/\.$/, '');

function healthOf(instance: Instance, states: string[]): Box['health'] {
  if (instance.state !== 'running') return 'busy';
  if (states.includes('unhealthy')) return 'bad';
  return states.every((state) => state === 'healthy' || state === 'unused') ? 'ok' : 'busy';
}

export function draw(snapshot: Snapshot, traffic: Traffic): { nodes: Node<Box>[]; edges: Edge[] } {
  const nodes: Node<Box>[] = [];
  const edges: Edge[] = [];
  const instances = snapshot.instances.instances.filter((i) => i.state !== 'terminated');
  const zones = [...new Set([...snapshot.subnets.subnets.map((s) => s.availabilityZone), ...instances.map((i) => i.availabilityZone)])].sort();
  const place = (data: Box, x: number, y: number) =>
    nodes.push({ id: data.id, type: 'box', position: { x, y }, data, draggable: false, ariaLabel: `${data.kind} ${data.title}` });

  // Tiers: what is behind internet-facing load balancers first, then behind internal ones, then the rest.
  const behind = (arn: string) =>
    new Set(snapshot.targets.targets
      .filter((t) => snapshot.targetGroups.targetGroups.some((g) => g.targetGroupArn === t.targetGroupArn && g.loadBalancerArns.includes(arn)))
      .map((t) => t.targetId));
  const tiers: { balancers: LoadBalancer[]; instances: Instance[] }[] = [];
  const left = new Set(instances);
  for (const scheme of ['internet-facing', 'internal']) {
    const balancers = snapshot.loadBalancers.loadBalancers.filter((b) => (b.scheme || 'internet-facing') === scheme);
    if (balancers.length === 0) continue;
    const ids = new Set(balancers.flatMap((b) => [...behind(b.loadBalancerArn)]));
    const mine = instances.filter((i) => left.has(i) && (ids.has(i.instanceId) || inGroupOf(i, balancers, snapshot)));
    mine.forEach((i) => left.delete(i));
    tiers.push({ balancers, instances: mine });
  }
  if (left.size > 0) tiers.push({ balancers: [], instances: [...left] });

  // Each zone is as high as its fullest tier.
  const rows = zones.map((zone) => Math.max(1, ...tiers.map((t) => t.instances.filter((i) => i.availabilityZone === zone).length)));
  const starts = rows.map((_, at) => TOP + rows.slice(0, at).reduce((sum, n) => sum + n * ROW + 64, 0));
  const height = Math.max(ROW, rows.reduce((sum, n) => sum + n * ROW + 64, 0));
  const middle = (at: number, of: number) => TOP + (height * (at + 0.5)) / of - 34;

  let x = 0;
  const names = snapshot.records.records.filter((r) => (r.type === 'A' || r.type === 'AAAA') && r.aliasTarget?.dnsName);
  names.forEach((record, at) => {
    const id = `name ${record.name} ${record.type}`;
    place({ id, kind: 'name', title: plain(record.name), lines: [`${record.type} alias`], health: 'ok', opens: '' }, x, middle(at, names.length));
    const to = snapshot.loadBalancers.loadBalancers.find((b) => plain(b.dnsName).toLowerCase() === plain(record.aliasTarget?.dnsName ?? '').toLowerCase());
    if (to) edges.push({ id: `${id} to`, source: id, target: to.loadBalancerArn });
  });
  if (names.length > 0) x += COLUMN;
  const first = x;
  for (const tier of tiers) {
    tier.balancers.forEach((balancer, at) => {
      place({
        id: balancer.loadBalancerArn, kind: 'balancer', title: balancer.logicalId || balancer.loadBalancerName,
        lines: [`${balancer.scheme || 'internet-facing'} · ${balancer.stackName}`, rateText(traffic.now(balancer.loadBalancerArn))],
        health: balancer.state === 'active' ? 'ok' : 'busy', opens: balancer.loadBalancerName,
      }, x, middle(at, tier.balancers.length));
      for (const id of behind(balancer.loadBalancerArn)) {
        if (instances.some((i) => i.instanceId === id)) {
          const rate = traffic.now(id)?.requestsPerSecond ?? 0;
          edges.push({ id: `${balancer.loadBalancerArn} ${id}`, source: balancer.loadBalancerArn, target: id, animated: rate > 0 });
        }
      }
    });
    if (tier.balancers.length > 0) x += COLUMN;
    zones.forEach((zone, z) => {
      tier.instances.filter((i) => i.availabilityZone === zone)
        .sort((a, b) => (a.autoScalingGroupName + a.instanceId).localeCompare(b.autoScalingGroupName + b.instanceId))
        .forEach((instance, at) => {
          const states = snapshot.targets.targets.filter((t) => t.targetId === instance.instanceId).map((t) => t.state);
          place({
            id: instance.instanceId, kind: 'instance', title: instance.logicalId || instance.instanceId,
            lines: [`${instance.instanceId.slice(0, 10)}… · ${instance.loopbackAddress}`,
              instance.state === 'running' ? `${states[0] ?? 'running'} · ${rateText(traffic.now(instance.instanceId))}` : instance.state],
            health: healthOf(instance, states), opens: instance.instanceId, group: instance.autoScalingGroupName,
          }, x, (starts[z] ?? 0) + 44 + at * ROW);
        });
    });
    x += COLUMN;
  }
  snapshot.databases.databases.forEach((database, at) => {
    place({
      id: `db ${database.dbInstanceIdentifier}`, kind: 'database', title: database.logicalId || database.dbInstanceIdentifier,
      lines: [`${database.engine} · ${database.stackName}`, database.dbInstanceStatus],
      health: database.dbInstanceStatus === 'available' ? 'ok' : 'busy', opens: database.dbInstanceIdentifier,
    }, x, middle(at, snapshot.databases.databases.length));
  });
  zones.forEach((zone, z) => {
    const subnets = snapshot.subnets.subnets.filter((s) => s.availabilityZone === zone).map((s) => `${s.logicalId} ${s.cidrBlock}`);
    nodes.unshift({
      id: `zone ${zone}`, type: 'zone', position: { x: first - 16, y: starts[z] ?? 0 }, draggable: false, selectable: false, focusable: false, zIndex: -1,
      style: { width: Math.max(COLUMN, x - first) + 8, height: (rows[z] ?? 1) * ROW + 48 },
      data: { id: zone, kind: 'zone', title: zone, lines: subnets, health: 'ok', opens: '' },
    });
  });
  return { nodes, edges };
}

function inGroupOf(instance: Instance, balancers: LoadBalancer[], snapshot: Snapshot): boolean {
  const group: Group | undefined = snapshot.groups.groups.find((g) => g.autoScalingGroupName === instance.autoScalingGroupName);
  return (group?.targetGroupArns ?? []).some((arn) =>
    snapshot.targetGroups.targetGroups.some((t) => t.targetGroupArn === arn && t.loadBalancerArns.some((b) => balancers.some((l) => l.loadBalancerArn === b))));
}
