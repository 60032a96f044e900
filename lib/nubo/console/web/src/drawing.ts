// Where each thing stands, from left to right: names, then load balancers with the instances behind them, tier by tier,
// then databases. Zones are bands across, with their subnets at the left; groups are frames around their instances. Edges
// lie over the frames, and below the boxes.
import type { Edge, Node } from '@xyflow/react';
import type { Group, Instance, LoadBalancer, Snapshot } from './snapshot';
import { rateText, type Traffic } from './traffic';

export interface Box extends Record<string, unknown> {
  id: string;
  kind: 'name' | 'balancer' | 'group' | 'instance' | 'database' | 'zone' | 'subnet';
  title: string;
  lines: string[];
  health: 'ok' | 'busy' | 'bad';
  // What the region calls it; "" for zones, which it does not describe.
  opens: string;
  hasLog?: boolean;
  group?: string;
}
type Nodes = Node<Box>[];
interface Size {
  width: number;
  height: number;
}
// A node whose size is not known is hidden until it has been measured, and loses the focus: with every snapshot.
const sized = (size: Size) => ({ ...size, measured: size });

const COLUMN = 250;
const ZONE_COLUMN = 210;
const ROW = 96;
const GAP = 24;
// Above the zones: the groups' titles.
const TOP = 56;
const BOX_HEIGHT = 72;
const BOX_WIDTH = 214;
const ZONE_WIDTH = 174;
// What lies over what.
const BAND = -1;
const FRAME = 0;
const EDGE = 1;
const BOX = 2;
// A group of many grows to the side rather than below the window.
const ROWS_MAX = 6;

const plain = (name: string) => name.replace(/\.$/, '');

function healthOf(instance: Instance, states: string[]): Box['health'] {
  if (instance.state !== 'running') return 'busy';
  if (states.includes('unhealthy')) return 'bad';
  return states.every((state) => state === 'healthy' || state === 'unused') ? 'ok' : 'busy';
}

// Which instances a load balancer sends to, and which it will.
function behind(balancer: LoadBalancer, snapshot: Snapshot): Set<string> {
  const arns = new Set(snapshot.targetGroups.targetGroups.filter((t) => t.loadBalancerArns.includes(balancer.loadBalancerArn)).map((t) => t.targetGroupArn));
  const ids = new Set(snapshot.targets.targets.filter((t) => arns.has(t.targetGroupArn)).map((t) => t.targetId));
  for (const group of snapshot.groups.groups) {
    if (group.targetGroupArns.some((arn) => arns.has(arn))) {
      snapshot.instances.instances.filter((i) => i.autoScalingGroupName === group.autoScalingGroupName).forEach((i) => ids.add(i.instanceId));
    }
  }
  return ids;
}

// Instances that stand in one frame, or each alone where no group keeps them.
interface Cluster {
  group: Group | undefined;
  instances: Instance[];
}
interface Tier {
  balancers: LoadBalancer[];
  clusters: Cluster[];
}

function clustersOf(instances: Instance[], groups: Group[]): Cluster[] {
  const names = [...new Set(instances.map((i) => i.autoScalingGroupName))].sort();
  return names.map((name) => ({
    group: groups.find((g) => name !== '' && g.autoScalingGroupName === name),
    instances: instances.filter((i) => i.autoScalingGroupName === name).sort((a, b) => a.instanceId.localeCompare(b.instanceId)),
  }));
}

// What is behind internet-facing load balancers first, then behind internal ones, then the rest.
function tiersOf(snapshot: Snapshot, instances: Instance[]): Tier[] {
  const tiers: Tier[] = [];
  const left = new Set(instances);
  const groupsLeft = new Set(snapshot.groups.groups);
  const add = (balancers: LoadBalancer[], mine: Instance[], mineGroups: Group[]) => {
    mine.forEach((i) => left.delete(i));
    mineGroups.forEach((g) => groupsLeft.delete(g));
    const clusters = clustersOf(mine, snapshot.groups.groups);
    // A group without instances is drawn as well.
    for (const group of mineGroups) if (!clusters.some((c) => c.group === group)) clusters.push({ group, instances: [] });
    if (balancers.length + clusters.length > 0) tiers.push({ balancers, clusters });
  };
  for (const scheme of ['internet-facing', 'internal']) {
    const balancers = snapshot.loadBalancers.loadBalancers.filter((b) => (b.scheme || 'internet-facing') === scheme);
    const ids = new Set(balancers.flatMap((b) => [...behind(b, snapshot)]));
    const arns = new Set(snapshot.targetGroups.targetGroups.filter((t) => t.loadBalancerArns.some((arn) => balancers.some((b) => b.loadBalancerArn === arn))).map((t) => t.targetGroupArn));
    add(balancers, instances.filter((i) => left.has(i) && ids.has(i.instanceId)),
      snapshot.groups.groups.filter((g) => groupsLeft.has(g) && g.targetGroupArns.some((arn) => arns.has(arn))));
  }
  add([], [...left], [...groupsLeft]);
  return tiers;
}

// Instances of one cluster in one zone: as many columns as keep it to ROWS_MAX rows.
const inZone = (cluster: Cluster, zone: string) => cluster.instances.filter((i) => i.availabilityZone === zone);
const columnsOf = (cluster: Cluster, zones: string[]) =>
  Math.max(1, ...zones.map((zone) => Math.ceil(inZone(cluster, zone).length / ROWS_MAX)));
const rowsOf = (cluster: Cluster, zone: string, zones: string[]) => Math.ceil(inZone(cluster, zone).length / columnsOf(cluster, zones));

function instanceBox(instance: Instance, snapshot: Snapshot, traffic: Traffic): Box {
  const states = snapshot.targets.targets.filter((t) => t.targetId === instance.instanceId).map((t) => t.state);
  return {
    id: instance.instanceId, kind: 'instance', title: instance.logicalId || instance.instanceId,
    lines: [`${instance.instanceId.slice(0, 10)}… · ${instance.loopbackAddress}`,
      instance.state === 'running' ? `${states[0] ?? 'running'} · ${rateText(traffic.now(instance.instanceId))}` : instance.state],
    health: healthOf(instance, states), opens: instance.instanceId, group: instance.autoScalingGroupName, hasLog: true,
  };
}

function groupBox(group: Group, of: Instance[]): Box {
  const inService = group.instances.filter((i) => i.lifecycleState === 'InService').length;
  return {
    id: group.autoScalingGroupName, kind: 'group', title: group.logicalId || group.autoScalingGroupName,
    lines: [`${inService} in service of ${group.desiredCapacity} (${group.minSize} to ${group.maxSize})`],
    health: inService === group.desiredCapacity && of.length === inService ? 'ok' : 'busy',
    opens: group.autoScalingGroupName, group: group.autoScalingGroupName,
  };
}

export function draw(snapshot: Snapshot, traffic: Traffic): { nodes: Nodes; edges: Edge[] } {
  const nodes: Nodes = [];
  const edges: Edge[] = [];
  const instances = snapshot.instances.instances.filter((i) => i.state !== 'terminated');
  const { subnets } = snapshot.subnets;
  const zones = [...new Set([...subnets.map((s) => s.availabilityZone), ...instances.map((i) => i.availabilityZone)])].sort();
  const tiers = tiersOf(snapshot, instances);
  const place = (data: Box, x: number, y: number, more: Partial<Node<Box>> & { size?: Size } = {}) => {
    const { size = { width: data.kind === 'zone' || data.kind === 'subnet' ? ZONE_WIDTH : BOX_WIDTH, height: data.lines.length > 1 ? 66 : 50 }, ...rest } = more;
    nodes.push({
      id: data.id, type: 'box', position: { x, y }, data, draggable: false, zIndex: BOX, ariaLabel: `${data.kind} ${data.title}: ${data.lines.join(', ')}`, ...sized(size), ...rest,
    });
  };

  // Each zone is as high as its fullest cluster, or as its subnets.
  const heights = zones.map((zone) => Math.max(
    ROW + BOX_HEIGHT * subnets.filter((s) => s.availabilityZone === zone).length,
    ...tiers.flatMap((t) => t.clusters.map((c) => rowsOf(c, zone, zones) * ROW + GAP))));
  const starts = heights.map((_, at) => TOP + heights.slice(0, at).reduce((sum, height) => sum + height + GAP, 0));
  const height = Math.max(ROW, heights.reduce((sum, one) => sum + one + GAP, -GAP));
  const link = (id: string, source: string, target: string, animated = false) =>
    edges.push({ id, source, target, animated, zIndex: EDGE, selectable: false, focusable: false, interactionWidth: 0 });
  const middle = (at: number, of: number) => TOP + (height * (at + 0.5)) / of - BOX_HEIGHT / 2;

  let x = 0;
  const names = snapshot.records.records.filter((r) => r.type === 'A' || r.type === 'AAAA').filter((r) => r.logicalId !== '');
  names.forEach((record, at) => {
    const id = `name ${record.name} ${record.type}`;
    const alias = record.aliasTarget?.dnsName ?? '';
    place({
      id, kind: 'name', title: plain(record.name), health: 'ok', opens: `${record.stackName}/${record.logicalId}`,
      lines: [alias ? `${record.type} alias` : `${record.type} ${record.resourceRecords.join(' ')}`],
    }, x, middle(at, names.length));
    const to = snapshot.loadBalancers.loadBalancers.find((b) => alias && plain(b.dnsName).toLowerCase() === plain(alias).toLowerCase());
    if (to) link(`${id} to`, id, to.loadBalancerArn);
  });
  if (names.length > 0) x += COLUMN;

  const first = x;
  zones.forEach((zone, z) => {
    const here = instances.filter((i) => i.availabilityZone === zone).length;
    place({ id: `zone ${zone}`, kind: 'zone', title: zone, lines: [`${here} instances`], health: 'ok', opens: '' }, x, (starts[z] ?? 0) + GAP / 2);
    subnets.filter((s) => s.availabilityZone === zone).forEach((subnet, at) => {
      place({
        id: subnet.subnetId, kind: 'subnet', title: subnet.logicalId || subnet.subnetId, health: 'ok', opens: subnet.subnetId,
        lines: [`${subnet.cidrBlock} · ${instances.filter((i) => i.subnetId === subnet.subnetId).length} instances`],
      }, x, (starts[z] ?? 0) + GAP / 2 + BOX_HEIGHT * (at + 1));
    });
  });
  if (zones.length > 0) x += ZONE_COLUMN;

  for (const tier of tiers) {
    tier.balancers.forEach((balancer, at) => {
      place({
        id: balancer.loadBalancerArn, kind: 'balancer', title: balancer.logicalId || balancer.loadBalancerName,
        lines: [`${balancer.scheme || 'internet-facing'} · ${balancer.stackName}`, rateText(traffic.now(balancer.loadBalancerArn))],
        health: balancer.state === 'active' ? 'ok' : 'busy', opens: balancer.loadBalancerName, hasLog: true,
      }, x, middle(at, tier.balancers.length));
      const ids = behind(balancer, snapshot);
      const to = (id: string, busy: boolean) => link(`${balancer.loadBalancerArn} ${id}`, balancer.loadBalancerArn, id, busy);
      const busy = (id: string) => (traffic.now(id)?.requestsPerSecond ?? 0) > 0;
      for (const { group, instances: members } of tier.clusters) {
        const mine = members.filter((i) => ids.has(i.instanceId));
        if (!group) mine.forEach((i) => to(i.instanceId, busy(i.instanceId)));
        else if (mine.length > 0) to(group.autoScalingGroupName, mine.some((i) => busy(i.instanceId)));
      }
    });
    if (tier.balancers.length > 0) x += COLUMN;
    for (const cluster of tier.clusters) {
      const columns = columnsOf(cluster, zones);
      if (cluster.group) {
        // Below its instances, so that those can be clicked.
        place(groupBox(cluster.group, cluster.instances), x - GAP / 2, 0,
          { type: 'frame', zIndex: FRAME, size: { width: columns * COLUMN - GAP / 2, height: TOP + height + GAP / 2 } });
      }
      zones.forEach((zone, z) => {
        const rows = Math.max(1, rowsOf(cluster, zone, zones));
        inZone(cluster, zone).forEach((instance, at) => {
          place(instanceBox(instance, snapshot, traffic), x + Math.floor(at / rows) * COLUMN, (starts[z] ?? 0) + GAP / 2 + (at % rows) * ROW);
        });
      });
      x += columns * COLUMN + (cluster.group ? GAP : 0);
    }
  }
  snapshot.databases.databases.forEach((database, at) => {
    place({
      id: `db ${database.dbInstanceIdentifier}`, kind: 'database', title: database.logicalId || database.dbInstanceIdentifier,
      lines: [`${database.engine} · ${database.stackName}`, database.dbInstanceStatus],
      health: database.dbInstanceStatus === 'available' ? 'ok' : 'busy', opens: database.dbInstanceIdentifier, hasLog: true,
    }, x, middle(at, snapshot.databases.databases.length));
    // Whoever was told of it: a group as a whole, where its instances were.
    const users = new Set(instances.filter((i) => database.namedBy.includes(i.instanceId))
      .map((i) => (snapshot.groups.groups.some((g) => g.autoScalingGroupName === i.autoScalingGroupName) ? i.autoScalingGroupName : i.instanceId)));
    users.forEach((user) => link(`${user} db ${database.dbInstanceIdentifier}`, user, `db ${database.dbInstanceIdentifier}`));
  });
  zones.forEach((zone, z) => {
    nodes.unshift({
      id: `band ${zone}`, type: 'band', position: { x: first - GAP, y: starts[z] ?? 0 }, draggable: false, selectable: false, focusable: false, zIndex: BAND,
      ...sized({ width: x - first + GAP / 2, height: heights[z] ?? ROW }),
      data: { id: `band ${zone}`, kind: 'zone', title: zone, lines: [], health: 'ok', opens: '' },
    });
  });
  return { nodes, edges };
}
