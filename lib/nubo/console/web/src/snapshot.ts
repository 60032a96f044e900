// What the control plane tells once a second, as its API names it; only what the page shows.
export interface Instance {
  instanceId: string;
  state: string;
  privateIpAddress: string;
  loopbackAddress: string;
  availabilityZone: string;
  subnetId: string;
  pid: number;
  autoScalingGroupName: string;
  healthStatus: string;
  stackName: string;
  logicalId: string;
}
export interface Group {
  autoScalingGroupName: string;
  minSize: number;
  maxSize: number;
  desiredCapacity: number;
  instances: { instanceId: string; lifecycleState: string }[];
  targetGroupArns: string[];
  stackName: string;
  logicalId: string;
  statusReason: string;
}
export interface LoadBalancer {
  loadBalancerArn: string;
  loadBalancerName: string;
  dnsName: string;
  scheme: string;
  state: string;
  stackName: string;
  logicalId: string;
}
export interface TargetGroup {
  targetGroupArn: string;
  targetGroupName: string;
  loadBalancerArns: string[];
}
export interface Target {
  targetGroupArn: string;
  targetId: string;
  state: string;
  reason: string;
  requestsInFlight: number;
  // 64-bit numbers are strings in JSON.
  requests: string;
  errors: string;
  latencyUs: string;
}
export interface DnsRecord {
  name: string;
  type: string;
  resourceRecords: string[];
  aliasTarget?: { dnsName?: string } | null;
  stackName: string;
  logicalId: string;
}
export interface Subnet {
  subnetId: string;
  cidrBlock: string;
  availabilityZone: string;
  stackName: string;
  logicalId: string;
}
export interface Database {
  dbInstanceIdentifier: string;
  engine: string;
  dbInstanceStatus: string;
  // Instances whose user data names it.
  namedBy: string[];
  stackName: string;
  logicalId: string;
}
export interface RegionEvent {
  id: number;
  time: string;
  source: string;
  type: string;
  status: string;
  message: string;
  stackName: string;
  logicalId: string;
}
export interface Snapshot {
  stacks: { stacks: { stackName: string; stackStatus: string; ready: boolean }[] };
  instances: { instances: Instance[] };
  groups: { groups: Group[] };
  loadBalancers: { loadBalancers: LoadBalancer[] };
  targetGroups: { targetGroups: TargetGroup[] };
  targets: { targets: Target[] };
  records: { records: DnsRecord[] };
  subnets: { subnets: Subnet[] };
  databases: { databases: Database[] };
  events: { events: RegionEvent[] };
}
