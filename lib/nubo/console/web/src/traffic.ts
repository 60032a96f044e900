// Requests a second and latency, from counters that only grow: by load balancer and by instance.
import type { Snapshot } from './snapshot';

export interface Point {
  time: number;
  requestsPerSecond: number;
  latencyMs: number | null;
}

const KEPT = 120;

export class Traffic {
  private counters = new Map<string, number>();
  private last = 0;
  readonly series = new Map<string, Point[]>();

  add(snapshot: Snapshot, now: number) {
    const seconds = this.last === 0 ? 0 : (now - this.last) / 1000;
    this.last = now;
    const rates = new Map<string, { rate: number; weighted: number; weight: number }>();
    const count = (id: string, rate: number, latencyMs: number) => {
      const sum = rates.get(id) ?? { rate: 0, weighted: 0, weight: 0 };
      sum.rate += rate;
      if (latencyMs > 0) {
        sum.weighted += latencyMs * (rate + 0.001);
        sum.weight += rate + 0.001;
      }
      rates.set(id, sum);
    };
    const seen = new Map<string, number>();
    for (const target of snapshot.targets.targets) {
      const key = `${target.targetGroupArn} ${target.targetId}`;
      const requests = Number(target.requests ?? 0);
      const before = this.counters.get(key);
      seen.set(key, requests);
      // A load balancer that was started anew counts from zero.
      const rate = seconds > 0 && before !== undefined ? Math.max(0, requests - before) / seconds : 0;
      const latency = Number(target.latencyUs ?? 0) / 1000;
      count(target.targetId, rate, latency);
      const group = snapshot.targetGroups.targetGroups.find((g) => g.targetGroupArn === target.targetGroupArn);
      for (const balancer of group?.loadBalancerArns ?? []) count(balancer, rate, latency);
    }
    this.counters = seen;
    for (const [id, sum] of rates) {
      const points = this.series.get(id) ?? [];
      points.push({ time: now / 1000, requestsPerSecond: sum.rate, latencyMs: sum.weight > 0 ? sum.weighted / sum.weight : null });
      if (points.length > KEPT) points.shift();
      this.series.set(id, points);
    }
    for (const id of this.series.keys()) if (!rates.has(id)) this.series.delete(id);
  }

  now(id: string): Point | undefined {
    return this.series.get(id)?.at(-1);
  }
}

export function rateText(point: Point | undefined): string {
  if (!point) return '–';
  const rate = point.requestsPerSecond;
  const latency = point.latencyMs === null ? '' : ` · ${point.latencyMs < 10 ? point.latencyMs.toFixed(1) : Math.round(point.latencyMs)} ms`;
  return `${rate < 10 ? rate.toFixed(1) : Math.round(rate)} req/s${latency}`;
}
